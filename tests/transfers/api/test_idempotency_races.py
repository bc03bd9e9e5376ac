"""Many identical creates at once, over real connections; and a process that dies in the middle."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.db import connection, connections
from django.test.testcases import QuietWSGIRequestHandler

from approvals.commands import set_limit
from approvals.queries import limit_drift, limit_usage
from ledger.models import Hold
from ledger.queries import balance
from tests.transfers import world as worlds
from tests.transfers.api.conftest import Caller, key_for, wanted
from tests.transfers.forks import killed
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, USDC, World
from transfers.models import IdempotencyKey, Transfer, TransferEvent

AT_ONCE = 40


@pytest.fixture
def house(committing: None) -> World:
    return worlds.build()


class _Server(ThreadedWSGIServer):
    """Each request in a thread of its own, which gives its connection back at the end."""

    request_queue_size = 2 * AT_ONCE

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()


@pytest.fixture
def url(house: World) -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


def _at_once(url: str, key: str, bodies: list[dict[str, Any]], names: list[str]) -> list[httpx.Response]:
    """All requests sent at the same moment, each by a thread and connection of its own."""
    start = threading.Barrier(len(bodies))
    answers: list[Any] = [None] * len(bodies)

    def send(position: int) -> None:
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": names[position]}
        with httpx.Client(timeout=60) as client:
            start.wait(timeout=30)
            answers[position] = client.post(f"{url}/v1/transfers", json=bodies[position], headers=headers)

    threads = [threading.Thread(target=send, args=(position,), daemon=True) for position in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)
    return answers


def test_forty_identical_creates_make_one_transfer(house: World, url: str) -> None:
    key = key_for(house)
    answers = _at_once(url, key, [wanted()] * AT_ONCE, ["order-1"] * AT_ONCE)

    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}, statuses
    assert statuses[201] >= 1
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency_in_progress"}
    given = [answer.json() for answer in answers if answer.status_code == 201]
    assert all(answer == given[0] for answer in given)
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers if answer.status_code == 201) == 1
    assert Transfer.objects.count() == 1
    assert TransferEvent.objects.count() == 1
    assert IdempotencyKey.objects.count() == 1
    assert Hold.objects.count() == 1
    assert balance(ACCOUNT).available == FUNDS - 100 * UNIT - UNIT // 2


def test_forty_identical_refusals_are_one_refusal(house: World, url: str) -> None:
    key = key_for(house)
    answers = _at_once(url, key, [wanted(destination="0x" + "cd" * 20)] * AT_ONCE, ["order-1"] * AT_ONCE)
    assert {answer.status_code for answer in answers} <= {422, 409}
    given = [answer.json() for answer in answers if answer.status_code == 422]
    assert given
    assert all(answer == given[0] for answer in given)
    assert given[0]["code"] == "invalid_destination"
    assert Transfer.objects.count() == 0
    assert IdempotencyKey.objects.count() == 1


def test_sixteen_different_ones_against_funds_for_ten_leave_ten_holds(house: World, url: str) -> None:
    """Each takes a tenth of what there is; by themselves, so that no approval stands between."""
    house.order("400000.00")
    left = balance(ACCOUNT).available
    house.order(f"{(left - 10 * 999 * UNIT - 10 * UNIT // 2 - UNIT // 2) // UNIT}.00", reference="most of the rest")
    assert balance(ACCOUNT).available // (999 * UNIT + UNIT // 2) == 10
    before = Hold.objects.count()

    key = key_for(house)
    answers = _at_once(url, key, [wanted(amount="999.00")] * 16, [f"order-{number}" for number in range(16)])

    assert Counter(answer.status_code for answer in answers) == {201: 10, 422: 6}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} <= {"insufficient_funds", "limit_exceeded"}
    assert Hold.objects.count() == before + 10
    assert balance(ACCOUNT).available >= 0


def test_while_the_first_runs_the_second_is_told_so(house: World) -> None:
    caller = Caller(key_for(house))
    name = "transfers_idempotencykey/acme/order-1"
    # A second connection plays the request that is still running.
    with psycopg.connect(_database_url()) as running:
        running.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        response = caller.create(key="order-1")
        assert response.status_code == 409
        assert response.json()["code"] == "idempotency_in_progress"
        assert response["Retry-After"] == "1"
        assert Transfer.objects.count() == 0
        running.rollback()
    assert caller.create(key="order-1").status_code == 201


def _database_url() -> str:
    at = connection.settings_dict
    port = f"&port={at['PORT']}" if at["PORT"] else ""
    return f"postgresql://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={at['HOST']}{port}"


@pytest.mark.parametrize(
    ("point", "amount", "kept"),
    [
        ("create.before_commit", "100.00", 0),
        ("create.after_commit", "100.00", 1),
        # One that waits for people: key, transfer and answer are committed by the view, after both points.
        ("create.before_commit", "5000.00", 0),
        ("create.after_commit", "5000.00", 0),
    ],
)
def test_a_process_killed_in_the_middle_leaves_all_or_nothing_and_blocks_nobody(
    house: World, point: str, amount: str, kept: int, tmp_path: Path
) -> None:
    key = key_for(house)
    assert killed(lambda: Caller(key).create(key="order-1", amount=amount), tmp_path, crash=point)
    assert [kind.objects.count() for kind in (Transfer, Hold, IdempotencyKey)] == [kept] * 3

    caller = Caller(key)
    again = caller.create(key="order-1", amount=amount)
    assert again.status_code == 201
    assert ("Idempotent-Replayed" in again) is bool(kept)
    assert caller.create(key="order-1", amount=amount)["Idempotent-Replayed"] == "true"
    assert [kind.objects.count() for kind in (Transfer, Hold)] == [1, 1]


def test_sixteen_different_ones_against_a_limit_for_ten_leave_ten(house: World, url: str) -> None:
    set_limit(asset_id=USDC, window="day", amount=1000 * UNIT, client_id="acme")
    answers = _at_once(url, key_for(house), [wanted()] * 16, [f"order-{number}" for number in range(16)])
    assert Counter(answer.status_code for answer in answers) == {201: 10, 422: 6}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"limit_exceeded"}
    assert (Transfer.objects.count(), Hold.objects.count(), limit_drift()) == (10, 10, [])
    assert {usage.used for usage in limit_usage("acme", "US-ETH", USDC) if usage.amount == 1000 * UNIT} == {1000 * UNIT}
