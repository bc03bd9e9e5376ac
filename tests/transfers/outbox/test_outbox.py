"""Every event has its outbox row and every row its event; dispatch follows commits, never passes the horizon, and loses nothing."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from approvals.commands import create_client
from tests.transfers.outbox.story import dispatch_all, listen, reach
from tests.transfers.tame import Tame, every_ending
from tests.transfers.world import World
from transfers.commands import moves
from transfers.commands.cancel import cancel
from transfers.models import OutboxEvent, Transfer, TransferEvent, WebhookDelivery, WebhookEndpoint
from transfers.outbox import endpoints
from transfers.outbox.dispatch import dispatch
from transfers.outbox.switching import Why
from transfers.states import Status

URL = "http://127.0.0.1:9/hooks"


def _both() -> tuple[list[Any], list[Any]]:
    columns = ("id", "transfer_id", "type", "seq", "from_status", "to_status", "status_text", "txid", "recorded_at")
    return (
        list(TransferEvent.objects.order_by("transfer_id", "seq").values_list(*columns)),
        list(OutboxEvent.objects.order_by("transfer_id", "seq").values_list(*columns)),
    )


def _heard(endpoint: WebhookEndpoint) -> list[Any]:
    deliveries = WebhookDelivery.objects.filter(endpoint=endpoint).order_by("event__txid")
    return list(deliveries.values_list("event__type", "event__transfer_id"))


def _separate() -> Any:
    """A second connection to the same database."""
    here = connection.get_connection_params()
    return psycopg.connect(**{name: here[name] for name in ("dbname", "host", "port", "user", "password") if here.get(name)})


def test_every_event_of_every_ending_is_in_the_outbox_and_nothing_else(house: World, tame: Tame) -> None:
    every_ending(house, tame)
    events, waiting = _both()
    assert len(events) > 30
    assert events == waiting


def test_what_is_rolled_back_leaves_neither(house: World) -> None:
    transfer = house.order()
    before = _both()
    with transaction.atomic():
        moves.move(Transfer.objects.get(pk=transfer.pk), Status.CANCELLED)
        assert _both() != before
        transaction.set_rollback(True)
    assert _both() == before


def test_it_takes_nothing_that_is_typed(house: World) -> None:
    transfer = house.order()
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="nothing but the events"), transaction.atomic():
        cursor.execute(
            "INSERT INTO transfers_outboxevent SELECT gen_random_uuid(), type, seq + 1, from_status, to_status, status_text,"
            " correlation_id, occurred_at, recorded_at, epoch, txid, NULL, NULL, client_id, transfer_id"
            " FROM transfers_outboxevent WHERE transfer_id = %s",
            [transfer.pk],
        )
    assert OutboxEvent.objects.count() == 1


def test_it_is_never_rewritten(house: World) -> None:
    house.order()
    changes = ["type = 'x'", "status_text = 'x'", "client_id = 'globex'", "txid = 1", "seq = 9", "recorded_at = now()", "epoch = 9"]
    for change in changes:
        with connection.cursor() as cursor, pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            cursor.execute(f"UPDATE transfers_outboxevent SET {change}")
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="keeps its history"), transaction.atomic():
        cursor.execute("DELETE FROM transfers_outboxevent")


def test_what_was_told_is_never_rewritten(house: World) -> None:
    house.order()
    OutboxEvent.objects.update(body=b"one")
    with pytest.raises(IntegrityError, match="not rewritten"), transaction.atomic():
        OutboxEvent.objects.update(body=b"two")


def test_a_delivery_goes_to_its_own_client(house: World) -> None:
    create_client(client_id="globex", name="Globex")
    house.order()
    other, _ = listen(URL, client_id="globex")
    event = OutboxEvent.objects.get()
    now = event.recorded_at
    with pytest.raises(IntegrityError, match="not of the client"), transaction.atomic():
        WebhookDelivery.objects.create(endpoint=other, event=event, state="pending", next_try_at=now, created_at=now)
    assert dispatch_all() == 1
    assert WebhookDelivery.objects.count() == 0


def test_dispatch_waits_for_a_transaction_that_is_older_and_still_open(house: World) -> None:
    """Both orders of commit give the same order of messages, and none is passed over."""
    listen(URL)
    with _separate() as other:
        other.execute("SELECT pg_current_xact_id()")
        house.order()
        assert dispatch() == 0
        other.rollback()
    assert dispatch_all() == 1
    assert WebhookDelivery.objects.count() == 1


def test_deliveries_stand_in_the_order_of_commits(house: World) -> None:
    listen(URL)
    made = [house.order() for _ in range(5)]
    dispatch_all()
    found = WebhookDelivery.objects.order_by("next_try_at", "id")
    assert [delivery.event.transfer_id for delivery in found] == [transfer.pk for transfer in made]


def test_two_dispatchers_make_no_delivery_twice(house: World) -> None:
    endpoint, _ = listen(URL)
    for _ in range(4):
        house.order()
    reach()
    with _separate() as other:
        other.execute("SELECT id FROM transfers_outboxevent ORDER BY txid LIMIT 2 FOR UPDATE")
        assert dispatch() == 2
        other.rollback()
    reach()
    assert (dispatch(), dispatch()) == (2, 0)
    assert WebhookDelivery.objects.filter(endpoint=endpoint).count() == 4


def test_an_address_hears_what_it_asked_for_from_then_on(house: World) -> None:
    house.order()
    some, _ = listen(URL, events=["transfer.cancelled"])
    everything, _ = listen(URL + "/all")
    second = house.order()
    cancel(second.pk, "not needed")
    dispatch_all()
    assert _heard(some) == [("transfer.cancelled", second.pk)]
    assert _heard(everything) == [("transfer.created", second.pk), ("transfer.cancelled", second.pk)]


def test_what_happens_while_it_is_switched_off_is_kept_as_missed(house: World) -> None:
    endpoint, _ = listen(URL)
    house.order()
    dispatch_all()
    endpoints.disable(endpoint_id=endpoint.pk, client_id="acme", why=Why.OPERATOR, reason="their server moves")
    house.order()
    dispatch_all()
    assert list(WebhookDelivery.objects.values_list("state", flat=True)) == ["missed", "missed"]


def test_notes_are_ours(house: World) -> None:
    """Approvals, reviews and doubts move no state: a client hears nothing of them."""
    listen(URL)
    transfer = house.order("5000.00")
    house.approve(transfer)
    dispatch_all()
    assert list(OutboxEvent.objects.order_by("seq").values_list("type", flat=True)) == ["transfer.created", "transfer.approved"]
    assert [delivery.event.type for delivery in WebhookDelivery.objects.all()] == ["transfer.created"]
