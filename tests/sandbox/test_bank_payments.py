"""The sandbox bank as a client sees it: orders in, statuses out, each order carried out once."""

import httpx
import pytest
from lxml import etree

from tests.sandbox.bank_office import DELAY, EUR, MXN, OTHER_MXN, Office
from tests.sandbox.orders import order


def submit(http: httpx.Client, content: bytes) -> tuple[str, str]:
    """Status and reason code of the answer."""
    response = http.post("/payments", content=content)
    assert response.status_code == 200, response.text
    return said(response.content)


def said(content: bytes) -> tuple[str, str]:
    root = etree.fromstring(content)
    status = root.findtext(".//{*}TxSts") or root.findtext(".//{*}GrpSts") or ""
    return status, root.findtext(".//{*}Rsn/{*}Cd") or ""


def status_of(http: httpx.Client, end_to_end_id: str) -> str:
    return said(http.get(f"/payments/{end_to_end_id}").content)[0]


def booked(http: httpx.Client, iban: str) -> str:
    return str({row["iban"]: row["booked"] for row in http.get("/accounts").json()["data"]}[iban])


def test_an_order_is_taken_then_on_its_way_then_settled_and_booked(office: Office, http: httpx.Client) -> None:
    assert submit(http, order()) == ("ACTC", "")
    assert booked(http, MXN) == "1000.00"
    assert office.pass_time(DELAY / 2) == DELAY / 2
    assert status_of(http, "E1") == "ACSP"
    assert booked(http, MXN) == "1000.00"
    office.pass_time(DELAY / 2)
    assert status_of(http, "E1") == "ACSC"
    assert booked(http, MXN) == "900.00"


def test_a_repeated_message_gets_the_first_answer_and_is_not_carried_out_twice(office: Office, http: httpx.Client) -> None:
    first = http.post("/payments", content=order())
    office.pass_time(DELAY / 2)
    repeat = http.post("/payments", content=order(created="2026-09-21T15:00:00Z"))
    assert repeat.content == first.content
    office.pass_time(DELAY)
    office.pass_time(DELAY)
    assert booked(http, MXN) == "900.00"


def test_another_message_under_a_used_id_is_rejected_whole(office: Office, http: httpx.Client) -> None:
    submit(http, order())
    assert submit(http, order(amount="200.00")) == ("RJCT", "DU01")
    office.pass_time(DELAY)
    office.pass_time(DELAY)
    assert booked(http, MXN) == "900.00"


def test_another_order_with_a_used_end_to_end_id_is_rejected(http: httpx.Client) -> None:
    submit(http, order())
    assert submit(http, order(message_id="M2")) == ("RJCT", "AM05")
    assert status_of(http, "E1") == "ACTC", "the bank reports the order it took, not the repeat it rejected"


def test_a_rejected_order_may_be_sent_again(http: httpx.Client) -> None:
    assert submit(http, order(amount="2000.00")) == ("RJCT", "AM04")
    assert submit(http, order(message_id="M2")) == ("ACTC", "")


def test_money_promised_to_one_order_is_not_promised_to_another(http: httpx.Client) -> None:
    assert submit(http, order(amount="700.00"))[0] == "ACTC"
    assert submit(http, order(message_id="M2", end_to_end_id="E2", amount="300.01")) == ("RJCT", "AM04")
    assert submit(http, order(message_id="M3", end_to_end_id="E3", amount="300.00"))[0] == "ACTC"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account": "<IBAN>DE88370400440532013000</IBAN>"}, "AC01"),
        ({"account": "<Othr><Id>032180000118359718</Id><SchmeNm><Prtry>CLABE</Prtry></SchmeNm></Othr>"}, "AC01"),
        ({"debtor": "DE89370400440532013000"}, "AC02"),
        ({"account": f"<IBAN>{EUR}</IBAN>"}, "AC09"),
        ({"amount": "0"}, "AM01"),
        ({"currency": "EUR"}, "AM03"),
        ({"amount": "1.005"}, "AM12"),
        ({"day": "2026-13-01"}, "DT01"),
    ],
)
def test_an_order_the_bank_cannot_carry_out_is_rejected_with_its_reason(
    http: httpx.Client, changes: dict[str, str], code: str
) -> None:
    assert submit(http, order(**changes)) == ("RJCT", code)
    assert status_of(http, "E1") == "RJCT"
    assert booked(http, MXN) == "1000.00"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<Document/>",
        order(count="2"),
        order(control="99.00"),
        order(amount="1e2", control="100"),
        order(amount="NaN"),
        order(message_id=""),
        order().replace(b"<Document", b"<!DOCTYPE Document [<!ENTITY a 'b'>]><Document"),
        order().replace(b"pain.001", b"pain.008"),
    ],
)
def test_a_message_the_bank_cannot_read_is_refused_and_leaves_nothing(http: httpx.Client, content: bytes) -> None:
    response = http.post("/payments", content=content)
    assert response.status_code == 400
    assert response.json()["code"] == "bad_message"
    assert http.get("/payments/E1").status_code == 404


def test_an_order_for_a_later_day_waits_for_it(office: Office, http: httpx.Client) -> None:
    submit(http, order(day="2026-09-22"))
    office.pass_time(3600)
    assert status_of(http, "E1") == "ACTC"
    office.pass_time(24 * 3600)
    office.pass_time(DELAY)
    assert status_of(http, "E1") == "ACSC"


def test_a_payment_between_two_accounts_of_the_bank_is_booked_on_both(office: Office, http: httpx.Client) -> None:
    submit(http, order(account=f"<IBAN>{OTHER_MXN}</IBAN>"))
    office.pass_time(DELAY)
    office.pass_time(DELAY)
    assert booked(http, MXN) == "900.00"
    assert booked(http, OTHER_MXN) == "100.00"


def test_an_unknown_payment_is_a_404_that_says_so(http: httpx.Client) -> None:
    response = http.get("/payments/E1")
    assert (response.status_code, response.json()["code"]) == (404, "payment_unknown")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
def test_nobody_without_the_token_gets_anything(office: Office, header: dict[str, str]) -> None:
    for method, path in (("POST", "/payments"), ("GET", "/accounts"), ("POST", "/desk/quotes"), ("POST", "/sandbox/fee")):
        response = httpx.request(method, f"{office.url}{path}", headers=header, content=order() if method == "POST" else None)
        assert response.status_code == 401
    assert httpx.get(f"{office.url}/healthz").status_code == 200
    with office.books.transaction() as rows:
        assert rows.execute("SELECT count(*) FROM payment").fetchone()[0] == 0


def test_an_answer_takes_no_longer_than_it_must(http: httpx.Client) -> None:
    """Answers written in small packets would wait 40 ms each for the other side's delayed acknowledgement."""
    elapsed = sum(http.get("/payments/none").elapsed.total_seconds() for _ in range(20))
    assert elapsed < 0.5
