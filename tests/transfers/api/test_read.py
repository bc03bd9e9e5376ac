"""Reading one transfer, its events and the list."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.commands import create_client
from audit import clock
from audit.identity import new_id
from tests.transfers.api.conftest import Caller, key_for, problem
from tests.transfers.world import World
from transfers.failures import FAILURES
from transfers.models import ExternalReference, Transfer

# Ahead of today, when the destinations of the house are past their cooling-off.
NOON = datetime(2031, 5, 5, 12, tzinfo=UTC)


@pytest.fixture
def globex(world: World) -> Caller:
    create_client(client_id="globex", name="Globex")
    return Caller(key_for(world, client_id="globex"))


def test_one_reads_as_it_was_answered(acme: Caller) -> None:
    created = acme.create()
    response = acme.get(created["Location"])
    assert response.status_code == 200
    assert response.json() == created.json()


def test_names_of_the_outside_are_read_from_the_references(acme: Caller) -> None:
    created = acme.create().json()
    transfer = Transfer.objects.get()
    for kind, value in (("tx_hash", "0xaa"), ("bank_reference", "NB1"), ("provider_trade_id", "T1"), ("uetr", "u")):
        ExternalReference.objects.create(transfer=transfer, kind=kind, value=value, recorded_at=clock.now())
    body = acme.get(f"/v1/transfers/{created['transaction_id']}").json()
    assert (body["on_chain_tx_hash"], body["bank_reference"], body["provider_trade_id"]) == ("0xaa", "NB1", "T1")


@pytest.mark.parametrize("path", ["", "/events"])
def test_another_client_s_transfer_is_not_found(acme: Caller, globex: Caller, path: str) -> None:
    location = acme.create()["Location"]
    response = globex.get(location + path)
    missing = globex.get(f"/v1/transfers/{new_id()}{path}")
    nonsense = globex.get(f"/v1/transfers/no-id{path}")
    assert [one.status_code for one in (response, missing, nonsense)] == [404, 404, 404]
    answers = [problem(one) for one in (response, missing, nonsense)]
    assert {answer["code"] for answer in answers} == {"not_found"}
    assert len({answer["detail"] for answer in answers}) == 1


def test_another_client_s_transfer_cannot_be_cancelled(acme: Caller, globex: Caller) -> None:
    created = acme.create().json()
    response = globex.cancel(created["transaction_id"])
    assert (response.status_code, problem(response)["code"]) == (404, "not_found")
    assert Transfer.objects.get().status == "CREATED"


def test_events_are_told_oldest_first(acme: Caller) -> None:
    created = acme.create().json()
    acme.cancel(created["transaction_id"])
    body = acme.get(f"/v1/transfers/{created['transaction_id']}/events").json()
    assert (body["next_cursor"], body["has_more"]) == (None, False)
    assert [(e["sequence"], e["type"], e["from_status"], e["to_status"]) for e in body["data"]] == [
        (1, "transfer.created", "", "CREATED"),
        (2, "transfer.cancelled", "CREATED", "CANCELLED"),
    ]
    assert set(body["data"][0]) == {
        "id", "sequence", "type", "schema_version", "from_status", "to_status", "occurred_at", "recorded_at", "status_text"
    }  # fmt: skip
    assert body["data"][0]["occurred_at"].endswith("Z")


def test_events_come_in_pages(acme: Caller) -> None:
    created = acme.create().json()
    acme.cancel(created["transaction_id"])
    path = f"/v1/transfers/{created['transaction_id']}/events"
    first = acme.get(f"{path}?limit=1").json()
    second = acme.get(f"{path}?limit=1&cursor={first['next_cursor']}").json()
    assert [event["sequence"] for event in first["data"] + second["data"]] == [1, 2]
    assert (first["has_more"], second["has_more"]) == (True, False)


def test_a_cancelled_one_says_so_and_why(acme: Caller) -> None:
    created = acme.create(amount="5000.00").json()
    response = acme.cancel(created["transaction_id"], {"reason": "typing mistake"})
    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "CANCELLED"
    assert body["failure"] == {"code": "cancelled_by_client", "message": FAILURES["cancelled_by_client"].client_text}
    assert body["cancelled_at"] >= body["created_at"]
    assert body["money_state"] == "none"
    assert acme.cancel(created["transaction_id"]).json() == body


def test_one_past_the_point_of_no_return_is_not_cancelled(acme: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    created = acme.create().json()
    monkeypatch.setattr("transfers.commands.cancel.CANCELLABLE", ())
    response = acme.cancel(created["transaction_id"])
    assert (response.status_code, problem(response)["code"]) == (409, "not_cancellable")
    assert Transfer.objects.get().status == "CREATED"


def test_a_cancellation_with_unknown_fields_changes_nothing(acme: Caller) -> None:
    created = acme.create().json()
    response = acme.cancel(created["transaction_id"], {"because": "x"})
    assert (response.status_code, problem(response)["code"]) == (422, "invalid_request")
    assert Transfer.objects.get().status == "CREATED"


def _made(acme: Caller, count: int, **changes: Any) -> list[str]:
    """Ids of new transfers, the newest first, a minute apart."""
    ids = []
    for number in range(count):
        with clock.using(lambda number=number: NOON + timedelta(minutes=number)):  # type: ignore[misc]
            ids.append(acme.create(**changes).json()["transaction_id"])
    return ids[::-1]


def _ids(response: Any) -> list[str]:
    assert response.status_code == 200
    return [row["transaction_id"] for row in response.json()["data"]]


def test_the_list_is_newest_first_and_only_the_client_s_own(acme: Caller, globex: Caller) -> None:
    ids = _made(acme, 3)
    response = acme.get("/v1/transfers")
    assert _ids(response) == ids
    assert (response.json()["next_cursor"], response.json()["has_more"]) == (None, False)
    assert _ids(globex.get("/v1/transfers")) == []


def test_pages_are_stable_while_others_arrive(acme: Caller) -> None:
    ids = _made(acme, 5)
    seen: list[str] = []
    cursor = ""
    while True:
        body = acme.get(f"/v1/transfers?limit=2{cursor}").json()
        seen += [row["transaction_id"] for row in body["data"]]
        with clock.using(lambda: NOON + timedelta(hours=1)):
            assert acme.create().status_code == 201
        if not body["has_more"]:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert seen == ids


def test_transfers_of_one_moment_are_all_listed(acme: Caller) -> None:
    with clock.using(lambda: NOON):
        ids = {acme.create().json()["transaction_id"] for _ in range(3)}
    first = acme.get("/v1/transfers?limit=1").json()
    rest = acme.get(f"/v1/transfers?cursor={first['next_cursor']}").json()
    assert {row["transaction_id"] for row in first["data"] + rest["data"]} == ids


def test_filters(acme: Caller) -> None:
    plain = _made(acme, 2)
    named = _made(acme, 1, reference="invoice 7")
    acme.cancel(plain[0])
    assert _ids(acme.get("/v1/transfers?status=CANCELLED")) == [plain[0]]
    assert _ids(acme.get("/v1/transfers?reference=invoice%207")) == named
    assert _ids(acme.get("/v1/transfers?corridor=US-MX")) == []
    assert len(_ids(acme.get("/v1/transfers?corridor=US-ETH"))) == 3
    after = acme.get(f"/v1/transfers/{plain[1]}").json()["created_at"]
    assert _ids(acme.get(f"/v1/transfers?created_after={after}")) == [plain[0]]
    assert len(_ids(acme.get("/v1/transfers?created_before=2031-05-05T14:01:00%2B02:00"))) == 2


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("status=DONE", "invalid_parameter", "status"),
        ("limit=0", "invalid_parameter", "limit"),
        ("limit=201", "invalid_parameter", "limit"),
        ("limit=ten", "invalid_parameter", "limit"),
        ("created_after=2026-05-04", "invalid_parameter", "created_after"),
        ("created_after=2026-05-04T12:00:00", "invalid_parameter", "created_after"),
        ("colour=red", "invalid_parameter", "colour"),
        ("limit=1&limit=2", "invalid_parameter", "limit"),
        ("cursor=abc", "invalid_cursor", None),
        ("cursor=W10", "invalid_cursor", None),
        ("cursor=WzEsMl0", "invalid_cursor", None),
        ("cursor=WyIyMDI2LTA1LTA0IiwieCJd", "invalid_cursor", None),
    ],
)
def test_a_wrong_query_is_named(acme: Caller, query: str, code: str, field: str | None) -> None:
    response = acme.get(f"/v1/transfers?{query}")
    assert response.status_code == 400
    answer = problem(response)
    assert answer["code"] == code
    assert list(answer["errors"]) == ([field] if field else [])


def test_a_longer_page_costs_no_more_queries(acme: Caller) -> None:
    acme.create(amount="5000.00")
    with CaptureQueriesContext(connection) as few:
        acme.get("/v1/transfers")
    for _ in range(4):
        acme.create(amount="5000.00")
    with CaptureQueriesContext(connection) as many:
        assert len(_ids(acme.get("/v1/transfers"))) == 5
    assert len(many) == len(few)


def test_balances(acme: Caller, globex: Caller) -> None:
    acme.create()
    assert acme.get("/v1/balances").json() == {
        "data": [{"asset": "USDC.ethereum", "posted": "1000000.000000", "held": "100.500000", "available": "999899.500000"}]
    }
    assert globex.get("/v1/balances").json() == {"data": []}
