"""Replays: the same ids and bytes, in the order of commits, and never beside a delivery that is under way."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from audit.models import AuditEvent
from tests.transfers.outbox.receivers import Receiver, Reply
from tests.transfers.outbox.story import dispatch_all, hurry, listen, tell
from tests.transfers.world import World
from transfers.errors import NotFound, Refused
from transfers.models import OutboxEvent, WebhookDelivery, WebhookEndpoint
from transfers.outbox import endpoints, replay, switching
from transfers.outbox.deliver import take
from transfers.outbox.switching import Why


def missed_while_off(house: World, endpoint: WebhookEndpoint, count: int) -> None:
    endpoints.disable(endpoint_id=endpoint.pk, client_id="acme", why=Why.OPERATOR, reason="they move")
    for _ in range(count):
        house.order()
    dispatch_all()
    endpoints.enable(endpoint_id=endpoint.pk, client_id="acme", reason="they moved")


def test_what_was_missed_is_sent_in_the_order_of_commits(house: World, server: Receiver) -> None:
    endpoint, _ = listen(server.url)
    missed_while_off(house, endpoint, 4)
    assert tell() == 0
    since = OutboxEvent.objects.earliest("recorded_at").recorded_at
    assert replay.replay_since(endpoint_id=endpoint.pk, client_id="acme", since=since, reason="they moved") == 4
    tell()
    assert server.ids == [str(event.pk) for event in OutboxEvent.objects.order_by("epoch", "txid", "id")]
    told = AuditEvent.objects.get(type="webhook.replayed")
    assert (told.metadata["count"], told.reason) == (4, "they moved")


def test_more_than_one_statement_can_take_are_set_aside_and_replayed_in_portions(
    house: World, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switching, "PORTION", 2)
    endpoint, _ = listen(server.url)
    for _ in range(5):
        house.order()
    dispatch_all()
    missed_while_off(house, endpoint, 0)
    assert AuditEvent.objects.get(type="webhook.disabled").metadata["missed"] == 5
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"missed"}
    since = OutboxEvent.objects.earliest("recorded_at").recorded_at
    assert replay.replay_since(endpoint_id=endpoint.pk, client_id="acme", since=since, reason="they moved") == 5
    tell()
    assert server.ids == [str(event.pk) for event in OutboxEvent.objects.order_by("epoch", "txid", "id")]


def test_only_what_happened_since_then_is_sent(house: World, server: Receiver) -> None:
    endpoint, _ = listen(server.url)
    missed_while_off(house, endpoint, 3)
    latest = OutboxEvent.objects.latest("recorded_at")
    replay.replay_since(endpoint_id=endpoint.pk, client_id="acme", since=latest.recorded_at, reason="the last one")
    tell()
    assert server.ids == [str(latest.pk)]
    with pytest.raises(Refused, match="left untaken"):
        replay.replay_since(endpoint_id=endpoint.pk, client_id="acme", since=latest.recorded_at + timedelta(1), reason="none")


def test_what_was_taken_is_sent_again_with_the_same_id_and_bytes(house: World, server: Receiver) -> None:
    listen(server.url)
    house.order()
    tell()
    delivery = WebhookDelivery.objects.get()
    replay.replay_one(delivery_id=delivery.pk, client_id="acme", reason="they lost it")
    tell()
    first, second = server.messages
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert WebhookDelivery.objects.get().state == "delivered"


def test_a_replay_gets_the_whole_schedule_again(house: World, server: Receiver) -> None:
    listen(server.url)
    house.order()
    server.usual = Reply(500)
    tell()
    WebhookDelivery.objects.update(state="failed", tries=13)
    replay.replay_one(delivery_id=WebhookDelivery.objects.get().pk, client_id="acme", reason="again")
    tell()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.attempts) == ("pending", 1, 2)


def test_one_that_is_being_sent_is_not_sent_beside_it(house: World, server: Receiver) -> None:
    listen(server.url)
    house.order()
    dispatch_all()
    claim = take()
    assert claim is not None
    replay.replay_one(delivery_id=claim.delivery_id, client_id="acme", reason="impatient")
    assert take() is None
    hurry()
    tell()
    assert len(server.messages) == 1


def test_an_address_that_is_left_in_peace_is_tried_at_once(house: World, server: Receiver) -> None:
    listen(server.url)
    house.order()
    server.answers = [Reply(500)]
    tell()
    WebhookEndpoint.objects.update(paused_until=Now() + timedelta(minutes=5))
    assert tell() == 0
    replay.replay_one(delivery_id=WebhookDelivery.objects.get().pk, client_id="acme", reason="it is back")
    tell()
    assert WebhookDelivery.objects.get().state == "delivered"


def test_of_another_client_nothing_is_replayed(house: World, server: Receiver) -> None:
    endpoint, _ = listen(server.url)
    house.order()
    tell()
    with pytest.raises(NotFound):
        replay.replay_one(delivery_id=WebhookDelivery.objects.get().pk, client_id="globex", reason="x")
    with pytest.raises(NotFound):
        replay.replay_since(endpoint_id=endpoint.pk, client_id="globex", since=endpoint.created_at, reason="x")
    assert AuditEvent.objects.filter(type="webhook.replayed").count() == 0
