"""An order goes out on a connection that nobody asked: where it is lost, the key says what became of it."""

from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from backoffice.bench.scratch import url_of
from ledger.gateway import answer_of
from tests.transfers import world as worlds
from tests.transfers.test_placing import at_once
from tests.transfers.world import Books
from transfers.commands import placing
from transfers.models import IdempotencyKey

pytestmark = pytest.mark.usefixtures("committing")


def _end_own_session() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (session,) = cursor.fetchone()
    with psycopg.connect(url_of(connection.settings_dict["NAME"])) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [session])


def test_an_order_that_never_arrived_goes_the_long_way() -> None:
    world = worlds.build()
    before = Books.now()
    _end_own_session()
    assert at_once(world) is None
    assert (Books.now(), IdempotencyKey.objects.count()) == (before, 0)
    assert at_once(world) is not None


def test_an_order_whose_answer_was_lost_is_found_by_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    world, send = worlds.build(), answer_of

    def lost(function: str, request: dict[str, Any]) -> Any:
        send(function, request)
        _end_own_session()
        return send(function, request)

    monkeypatch.setattr(placing, "answer_of", lost)
    assert at_once(world) is None
    monkeypatch.setattr(placing, "answer_of", send)
    made = IdempotencyKey.objects.get()
    assert made.transfer is not None
    assert at_once(world) is None
    assert IdempotencyKey.objects.get() == made


def test_a_database_that_refuses_is_no_lost_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    world = worlds.build()

    def refused(_function: str, _request: dict[str, Any]) -> Any:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(placing, "answer_of", refused)
    with pytest.raises(OperationalError):
        at_once(world)
