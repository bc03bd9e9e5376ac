"""Many orders under one key: refused whole with every fault named, followed line by line, and never made twice."""

import csv
import io
from typing import Any

import pytest

from tests.transfers.api.conftest import Caller, key_for, problem
from tests.transfers.bulk.messages import message, payment
from tests.transfers.bulk.payroll import carry_out, staff, vote, wage
from tests.transfers.world import FUNDS, Books, World, available
from transfers.models import BulkOrder, BulkUpload, IdempotencyKey


@pytest.fixture
def names(world: World) -> list[str]:
    return staff(3)


def _send(caller: Caller, lines: Any, key: str = "payroll-may", **more: Any) -> Any:
    return caller.send("POST", "/v1/bulk_transfers", {"lines": lines, **more}, Idempotency_Key=key)


def _csv(caller: Caller, text: str, key: str = "payroll-csv") -> Any:
    return caller.send("POST", "/v1/bulk_transfers", text.encode(), Idempotency_Key=key, Content_Type="text/csv")


def test_an_array_is_accepted_and_followed_line_by_line(acme: Caller, world: World, names: list[str]) -> None:
    created = _send(acme, [wage(name, reference=name) for name in names], reference="May")
    assert created.status_code == 201
    body = created.json()
    assert (body["status"], body["line_count"], body["reference"]) == ("awaiting_approval", 3, "May")
    assert body["totals"] == [
        {"asset": "USDC.ethereum", "currency": "USDC", "lines": 3, "amount": "30.000000", "max_fees": "0.750000"}
    ]
    assert body["progress"] == {"waiting": 3, "under_way": 0, "paid": 0, "failed": 0, "given_back": 0}
    lines = acme.get(f"{created['Location']}/lines?limit=2").json()
    assert ([row["line"] for row in lines["data"]], lines["next_after"]) == ([1, 2], 2)
    given = BulkOrder.objects.get()
    vote(world, given, world.checker)
    carry_out()
    rest = acme.get(f"{created['Location']}/lines?after=2").json()
    assert [(row["line"], row["state"], row["status"], row["reference"]) for row in rest["data"]] == [
        (3, "paid", "CONFIRMED", "staff-3")
    ]
    assert acme.get(f"/v1/transfers/{rest['data'][0]['transaction_id']}").status_code == 200
    assert acme.get(created["Location"]).json()["progress"]["paid"] == 3


def test_a_csv_file_says_the_same(acme: Caller, world: World, names: list[str]) -> None:
    text = "Amount;source_currency;client;reference\r\n10.00;USDC;staff-1;May\r\n\r\n12.50;USDC;staff-2;\r\n"
    created = _csv(acme, text)
    assert created.status_code == 201
    rows = acme.get(f"{created['Location']}/lines").json()["data"]
    assert [(row["line"], row["amount"], row["destination"]["client"]) for row in rows] == [
        (2, "10.000000", "staff-1"),
        (4, "12.500000", "staff-2"),
    ]


def test_every_fault_is_named_and_nothing_is_ordered(acme: Caller, names: list[str]) -> None:
    before = Books.now()
    refused = _csv(
        acme, "amount,source_currency,client,iban\n10.00,USDC,staff-1,\n1,USDC,nobody,\nx,USDC,staff-2,\n5,USDC,staff-3,DE1\n"
    )
    body = problem(refused)
    assert (refused.status_code, body["code"]) == (422, "invalid_lines")
    assert set(body["errors"]) == {"lines[3].destination", "lines[4].amount", "lines[5].destination.type"}
    after = Books.now()
    assert (after.entries, after.held, BulkUpload.objects.count()) == (before.entries, before.held, 0)
    assert _csv(
        acme, "amount,source_currency,client,iban\n10.00,USDC,staff-1,\n1,USDC,nobody,\nx,USDC,staff-2,\n5,USDC,staff-3,DE1\n"
    )["Idempotent-Replayed"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n", "must name amount"),
        ("amount,source_currency,client,memo\n1,USDC,staff-1,x\n", "do not know: memo"),
        ("amount,source_currency,amount\n", "twice"),
        ('amount,source_currency,client\n"1,USDC,staff-1\n', "not CSV"),
        ("amount,source_currency,client\n", "no line"),
    ],
)
def test_a_file_that_is_none_says_why(acme: Caller, names: list[str], text: str, words: str) -> None:
    refused = _csv(acme, text)
    assert (refused.status_code, problem(refused)["code"]) == (422, "file_unreadable")
    assert words in problem(refused)["detail"]


def _xml(caller: Caller, content: bytes, key: str) -> Any:
    return caller.send("POST", "/v1/bulk_transfers", content, Idempotency_Key=key, Content_Type="application/xml")


def test_a_pain001_message_is_a_file_and_its_id_is_used_once(acme: Caller, world: World, names: list[str]) -> None:
    sent = message(payment("staff-1", "10.00", end_to_end="a"), payment("staff-2", "12.50", end_to_end="b"), control="22.50")
    created = _xml(acme, sent, "one")
    assert created.status_code == 201
    assert (created.json()["file"]["format"], created.json()["line_count"]) == ("pain.001", 2)
    rows = acme.get(f"{created['Location']}/lines").json()["data"]
    assert [(row["line"], row["amount"], row["reference"]) for row in rows] == [(1, "10.000000", "a"), (2, "12.500000", "b")]
    again = _xml(acme, sent, "two")
    assert (again.status_code, again.json()["bulk_id"]) == (201, created.json()["bulk_id"])
    other = _xml(acme, message(payment("staff-1", "11.00", end_to_end="a")), "three")
    assert (other.status_code, problem(other)["code"]) == (422, "message_id_reused")
    assert BulkOrder.objects.count() == 1


def test_a_message_for_a_later_day_is_not_paid_today(acme: Caller, names: list[str]) -> None:
    refused = _xml(acme, message(payment("staff-1"), day="2999-01-01"), "later")
    assert (refused.status_code, problem(refused)["code"]) == (422, "file_unreadable")
    assert "2999-01-01" in problem(refused)["detail"]
    assert BulkUpload.objects.count() == 0


def test_the_same_key_makes_one_file(acme: Caller, names: list[str]) -> None:
    lines = [wage(name) for name in names]
    first, again = _send(acme, lines), _send(acme, lines)
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert first.json() == again.json()
    assert BulkOrder.objects.count() == 1
    other = _send(acme, lines[:2])
    assert (other.status_code, problem(other)["code"]) == (422, "idempotency_key_reused")
    IdempotencyKey.objects.update(response_body=None)
    assert _send(acme, lines).json()["bulk_id"] == first.json()["bulk_id"]


def test_another_file_with_the_same_orders_is_flagged(acme: Caller, names: list[str]) -> None:
    first = _send(acme, [wage(name) for name in names], key="a")
    second = _send(acme, [wage(name) for name in names], key="b")
    assert (first.json()["same_as"], second.json()["same_as"]) == ([], [BulkOrder.objects.earliest("created_at").reference])


def test_it_is_cancelled_before_it_is_approved(acme: Caller, names: list[str]) -> None:
    path = _send(acme, [wage(name) for name in names])["Location"]
    assert acme.send("POST", f"{path}/cancel", {"reason": "wrong"}).json()["status"] == "cancelled"
    assert available() == FUNDS
    assert {row["state"] for row in acme.get(f"{path}/lines").json()["data"]} == {"given_back"}


def test_results_come_as_a_file(acme: Caller, world: World, names: list[str]) -> None:
    path = _send(acme, [wage(name, reference="=1+1") for name in names])["Location"]
    vote(world, BulkOrder.objects.get(), world.checker)
    carry_out()
    response = acme.get(f"{path}/results")
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [(row["line"], row["state"], row["amount"], row["reference"]) for row in rows] == [
        (str(number), "paid", "10.000000", "'=1+1") for number in (1, 2, 3)
    ]


def test_another_client_s_file_is_not_found(acme: Caller, world: World, names: list[str]) -> None:
    path = _send(acme, [wage(name) for name in names])["Location"]
    globex = Caller(key_for(world, client_id="globex"))
    for tail in ("", "/lines", "/results"):
        assert globex.get(path + tail).status_code == 404
    assert globex.send("POST", f"{path}/cancel").status_code == 404
