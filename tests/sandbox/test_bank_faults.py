"""Fault orders of the sandbox bank: each does what it says, so often as ordered, and outlives a restart."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from backoffice.sandbox.bank.faults import KINDS
from tests.sandbox.bank_office import DELAY, INTERVAL, MXN, Office, open_office
from tests.sandbox.orders import order
from tests.sandbox.test_bank_payments import booked, said, status_of, submit


def arm(http: httpx.Client, kind: str, **settings: str) -> str:
    answer = http.post("/sandbox/faults", json={"kind": kind, **settings})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def in_force(http: httpx.Client) -> list[Any]:
    return [(row["kind"], row["times"], row["used"]) for row in http.get("/sandbox/faults").json()["data"]]


def settle(office: Office, *, rounds: int = 2) -> None:
    for _ in range(rounds):
        office.pass_time(DELAY)


def statement(office: Office, http: httpx.Client, after: int = 0) -> list[etree._Element]:
    office.pass_time(INTERVAL)
    return [etree.fromstring(row["content"].encode()) for row in http.get(f"/statements/{MXN}?after={after}").json()["data"]]


def entries(document: etree._Element) -> list[tuple[str, str]]:
    return [(row.findtext("{*}Amt") or "", row.findtext("{*}CdtDbtInd") or "") for row in document.iter("{*}Ntry")]


def test_a_lost_order_leaves_nothing_behind(http: httpx.Client) -> None:
    arm(http, "lose")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/payments", content=order())
    assert http.get("/payments/E1").json()["code"] == "payment_unknown"
    assert submit(http, order()) == ("ACTC", "")


def test_a_timeout_comes_after_the_order_was_taken(http: httpx.Client) -> None:
    arm(http, "timeout")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/payments", content=order())
    assert status_of(http, "E1") == "ACTC"
    assert submit(http, order()) == ("ACTC", "")


def test_it_happens_as_often_as_ordered_and_then_no_more(http: httpx.Client) -> None:
    arm(http, "reject", times="2", code="RR04")
    assert submit(http, order()) == ("RJCT", "RR04")
    assert in_force(http) == [("reject", 2, 1)]
    assert submit(http, order(message_id="M2", end_to_end_id="E2")) == ("RJCT", "RR04")
    assert in_force(http) == []
    assert submit(http, order(message_id="M3", end_to_end_id="E3")) == ("ACTC", "")


def test_a_bank_that_is_down_is_down_until_it_is_called_off(http: httpx.Client) -> None:
    fault = arm(http, "down")
    assert [http.get("/accounts").status_code, http.post("/payments", content=order()).status_code] == [503, 503]
    assert http.get("/healthz").status_code == 200
    assert http.delete(f"/sandbox/faults/{fault}").status_code == 200
    assert submit(http, order()) == ("ACTC", "")


def test_orders_outlive_a_restart(tmp_path: Path) -> None:
    headers = {"Authorization": "Bearer a-token-for-tests"}
    with open_office(tmp_path) as office, httpx.Client(base_url=office.url, headers=headers) as http:
        arm(http, "reject", times="3")
        submit(http, order())
    with open_office(tmp_path) as office, httpx.Client(base_url=office.url, headers=headers) as http:
        assert in_force(http) == [("reject", 3, 1)]


def test_it_settles_as_late_as_ordered(office: Office, http: httpx.Client) -> None:
    arm(http, "settle_late", seconds="100")
    submit(http, order())
    settle(office)
    assert status_of(http, "E1") == "ACTC"
    office.pass_time(100)
    settle(office)
    assert status_of(http, "E1") == "ACSC"


def test_a_payout_can_be_booked_twice(office: Office, http: httpx.Client) -> None:
    arm(http, "duplicate")
    submit(http, order())
    settle(office)
    assert booked(http, MXN) == "800.00"


def test_it_confirms_twice(office: Office, http: httpx.Client) -> None:
    submit(http, order())
    settle(office)
    usual = _hints(office)
    arm(http, "confirm_twice")
    submit(http, order(message_id="M2", end_to_end_id="E2"))
    settle(office)
    assert _hints(office) - usual == usual + 1


def _hints(office: Office) -> int:
    with office.books.transaction() as rows:
        return int(rows.execute("SELECT count(*) FROM hint").fetchone()[0])


def test_it_can_be_one_answer_behind(office: Office, http: httpx.Client) -> None:
    arm(http, "reorder")
    submit(http, order())
    settle(office)
    assert [status_of(http, "E1"), status_of(http, "E1")] == ["ACSP", "ACSC"]


def test_money_comes_back_after_it_was_paid_with_the_reason_on_the_statement(office: Office, http: httpx.Client) -> None:
    arm(http, "return", seconds="10", code="AC04", less="2.50")
    submit(http, order())
    settle(office)
    assert booked(http, MXN) == "900.00"
    office.pass_time(10)
    assert booked(http, MXN) == "997.50"
    assert status_of(http, "E1") == "ACSC"
    (document,) = statement(office, http)
    assert entries(document) == [("100.00", "DBIT"), ("97.50", "CRDT")]
    returned = list(document.iter("{*}TxDtls"))[1]
    assert [returned.findtext(path) for path in ("{*}Refs/{*}EndToEndId", "{*}RtrInf/{*}Rsn/{*}Cd")] == ["E1", "AC04"]


def test_it_can_contradict_itself(office: Office, http: httpx.Client) -> None:
    arm(http, "contradict", seconds="10")
    submit(http, order())
    settle(office)
    assert status_of(http, "E1") == "ACSC"
    office.pass_time(10)
    assert said(http.get("/payments/E1").content) == ("RJCT", "AC04")
    assert booked(http, MXN) == "900.00"


def test_a_statement_can_show_another_amount_and_does_not_add_up_then(office: Office, http: httpx.Client) -> None:
    arm(http, "wrong_amount", by="1.00")
    submit(http, order())
    settle(office)
    (document,) = statement(office, http)
    assert entries(document) == [("99.00", "DBIT")]
    opening, closing = (Decimal(row.findtext("{*}Amt") or "") for row in document.iter("{*}Bal"))
    assert (opening, closing) == (Decimal(1000), Decimal(900))


def test_a_late_statement_holds_back_those_after_it(office: Office, http: httpx.Client) -> None:
    arm(http, "statement_late", seconds="1000")
    submit(http, order())
    settle(office)
    assert statement(office, http) == []
    submit(http, order(message_id="M2", end_to_end_id="E2"))
    settle(office)
    assert statement(office, http) == []
    office.pass_time(1000)
    assert len(statement(office, http)) == 2


def test_a_missing_statement_leaves_a_gap(office: Office, http: httpx.Client) -> None:
    arm(http, "statement_missing")
    submit(http, order())
    settle(office)
    assert statement(office, http) == []
    submit(http, order(message_id="M2", end_to_end_id="E2"))
    settle(office)
    (document,) = statement(office, http)
    assert document.findtext(".//{*}ElctrncSeqNb") == "2"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "explode"}, "unknown_fault"),
        ({}, "unknown_fault"),
        ({"kind": "lose", "seconds": "5"}, "unknown_setting"),
        ({"kind": "slow", "seconds": "soon"}, "bad_setting"),
        ({"kind": "slow", "seconds": "-1"}, "bad_setting"),
        ({"kind": "reject", "code": "closed"}, "bad_setting"),
        ({"kind": "wrong_amount", "by": "0"}, "bad_setting"),
        ({"kind": "return", "less": "NaN"}, "bad_setting"),
        ({"kind": "lose", "times": "0"}, "bad_setting"),
    ],
)
def test_an_order_it_could_not_follow_is_refused(http: httpx.Client, body: dict[str, str], code: str) -> None:
    answer = http.post("/sandbox/faults", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert in_force(http) == []


def test_only_with_the_banks_token(office: Office) -> None:
    for method, path in (("GET", "/sandbox/faults"), ("POST", "/sandbox/faults"), ("DELETE", "/sandbox/faults/x")):
        assert httpx.request(method, office.url + path).status_code == 401


def test_every_kind_has_its_usual_settings(http: httpx.Client) -> None:
    for kind in KINDS:
        arm(http, kind)
    assert sorted(kind for kind, *_ in in_force(http)) == sorted(KINDS)
