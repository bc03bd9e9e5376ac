"""Statements of the sandbox bank: numbered, chained, each booking in exactly one of them."""

import httpx
import pytest

from reconciliation.importers import registry
from reconciliation.importers.base import ParsedStatement
from tests.sandbox.bank_office import DELAY, INTERVAL, MXN, Office
from tests.sandbox.orders import order


def statements(http: httpx.Client, after: int = 0) -> list[ParsedStatement]:
    rows = http.get(f"/statements/{MXN}", params={"after": after}).json()["data"]
    return [registry.read(row["content"].encode()).statements[0] for row in rows]


def balances(statement: ParsedStatement) -> tuple[str, str]:
    assert statement.opening is not None
    assert statement.closing is not None
    return f"{statement.opening.amount:f}", f"{statement.closing.amount:f}"


def credit(http: httpx.Client, amount: str) -> None:
    assert (
        http.post(
            "/sandbox/incoming", json={"iban": MXN, "amount": amount, "name": "Eve", "remittance": "what is this"}
        ).status_code
        == 200
    )


def test_a_booked_payment_is_reported_with_all_its_references(office: Office, http: httpx.Client) -> None:
    http.post("/payments", content=order())
    office.pass_time(DELAY)
    office.pass_time(DELAY)
    office.pass_time(INTERVAL)
    (statement,) = statements(http)
    (line,) = statement.lines
    assert (statement.account, statement.currency, statement.balances_add_up) == (MXN, "MXN", True)
    assert balances(statement) == ("1000.00", "900.00")
    assert (line.direction, f"{line.amount:f}", line.status, line.counterparty, line.text) == (
        "debit",
        "100.00",
        "BOOK",
        "Ana",
        "rent",
    )
    assert line.references == {
        "entry_reference": "1",
        "bank_reference": "NBP0000000001",
        "message_id": "M1",
        "instruction_id": "I1",
        "end_to_end_id": "E1",
        "uetr": "11111111-1111-4111-8111-111111111111",
        "counterparty_account": "032180000118359719",
    }


def test_statements_are_numbered_and_each_opens_where_the_last_closed(office: Office, http: httpx.Client) -> None:
    for amount in ("10.00", "20.00", "30.00"):
        credit(http, amount)
        office.pass_time(INTERVAL)
    listed = http.get(f"/statements/{MXN}").json()["data"]
    assert [row["sequence"] for row in listed] == [1, 2, 3]
    chain = statements(http)
    assert [balances(one) for one in chain] == [("1000.00", "1010.00"), ("1010.00", "1030.00"), ("1030.00", "1060.00")]
    assert all(statement.balances_add_up for statement in chain)


def test_nothing_booked_means_no_statement_until_somebody_asks_for_one(office: Office, http: httpx.Client) -> None:
    assert office.pass_time(10 * INTERVAL) is None
    assert statements(http) == []
    assert http.post(f"/statements/{MXN}/close").json() == {"sequence": 1}
    (statement,) = statements(http)
    assert (statement.lines, statement.balances_add_up) == ((), True)


def test_a_booking_waits_a_whole_interval_for_its_statement(office: Office, http: httpx.Client) -> None:
    credit(http, "1.00")
    assert office.pass_time(INTERVAL - 1) == 1
    assert statements(http) == []
    office.pass_time(1)
    assert len(statements(http)) == 1


def test_each_booking_is_in_exactly_one_statement(office: Office, http: httpx.Client) -> None:
    credit(http, "1.00")
    http.post(f"/statements/{MXN}/close")
    credit(http, "2.00")
    http.post(f"/statements/{MXN}/close")
    amounts = [f"{line.amount:f}" for statement in statements(http) for line in statement.lines]
    assert amounts == ["1.00", "2.00"]
    assert [statement.identification for statement in statements(http, after=1)] == ["00000001-000002"]


def test_a_fee_is_a_debit_without_an_end_to_end_id(office: Office, http: httpx.Client) -> None:
    http.post("/sandbox/fee", json={"iban": MXN, "amount": "12.50", "remittance": "monthly"})
    http.post(f"/statements/{MXN}/close")
    (line,) = statements(http)[0].lines
    assert (line.direction, f"{line.amount:f}", line.text) == ("debit", "12.50", "monthly")
    assert "end_to_end_id" not in line.references


def test_a_long_history_comes_in_pages(office: Office, http: httpx.Client) -> None:
    for _ in range(51):
        http.post(f"/statements/{MXN}/close")
    first = http.get(f"/statements/{MXN}").json()
    assert (len(first["data"]), first["has_more"]) == (50, True)
    rest = http.get(f"/statements/{MXN}", params={"after": 50}).json()
    assert ([row["sequence"] for row in rest["data"]], rest["has_more"]) == ([51], False)


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/sandbox/incoming", {"iban": "SE00", "amount": "1.00"}, 404, "account_unknown"),
        ("/sandbox/incoming", {"iban": MXN, "amount": "-1.00"}, 422, "bad_amount"),
        ("/sandbox/incoming", {"iban": MXN, "amount": "1.001"}, 422, "bad_amount"),
        ("/sandbox/incoming", {"iban": MXN, "amount": "NaN"}, 422, "bad_amount"),
        ("/sandbox/incoming", {"iban": MXN}, 400, "field_missing"),
        ("/sandbox/fee", {"iban": MXN, "amount": 1.5}, 400, "bad_json"),
        ("/statements/SE00/close", {}, 404, "account_unknown"),
    ],
)
def test_a_bad_booking_is_refused_and_nothing_is_booked(
    http: httpx.Client, path: str, body: dict[str, object], status: int, code: str
) -> None:
    response = http.post(path, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert {row["booked"] for row in http.get("/accounts").json()["data"]} == {"1000.00", "0.00", "50.00"}
