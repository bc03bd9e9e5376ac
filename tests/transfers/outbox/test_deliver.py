"""Messages arrive at least once with the same id and bytes; what an address says or fails to say is written down and heeded."""

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models.functions import Now
from standardwebhooks import Webhook

from audit.models import AuditEvent
from tests.transfers.outbox.receivers import Receiver, Reply, receiver
from tests.transfers.outbox.story import dispatch_all, hurry, listen, only_delivery, tell
from tests.transfers.tame import Tame
from tests.transfers.world import World, drive_until
from transfers.models import OutboxEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from transfers.outbox import deliver, schedule
from transfers.outbox.calling import Caller
from transfers.outbox.deliver import deliver_due, take


def test_a_transfer_is_told_from_beginning_to_end(house: World, tame: Tame, server: Receiver) -> None:
    _, secret = listen(server.url)
    transfer = drive_until(house.order(reference="invoice 7"), "CONFIRMED")
    tell()
    bodies = [Webhook(secret).verify(message.body, message.headers) for message in server.messages]
    assert [body["type"] for body in bodies] == [
        f"transfer.{name}" for name in ("created", "quoted", "funds_locked", "sent_on_chain", "confirmed")
    ]
    moves = OutboxEvent.objects.filter(type__in=[body["type"] for body in bodies]).order_by("seq")
    assert [body["id"] for body in bodies] == server.ids == [str(event.pk) for event in moves]
    sequences = [body["data"]["sequence"] for body in bodies]
    assert sequences == sorted(set(sequences))
    first, last = bodies[0]["data"], bodies[-1]["data"]
    assert (first["transaction_id"], first["reference"], first["status"]) == (str(transfer.pk), "invoice 7", "CREATED")
    assert (last["status"], last["previous_status"], last["on_chain_tx_hash"][:2]) == ("CONFIRMED", "SENT_ON_CHAIN", "0x")
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_a_message_tells_of_its_moment_and_keeps_to_itself_what_is_ours(house: World, tame: Tame, server: Receiver) -> None:
    listen(server.url)
    tame.reverts = True
    drive_until(house.order(), "FAILED")
    tell()
    created, failed = (json.loads(server.messages[position].body)["data"] for position in (0, -1))
    assert (created["status"], created["failure"], "confirmed_at" in created, "failed_at" in created) == (
        "CREATED",
        None,
        False,
        False,
    )
    assert failed["failure"]["code"] == "reverted_on_chain"
    assert "sent_on_chain_at" in failed
    assert not {"approval", "request_state", "money_state", "evidence_state"} & set(failed)


def test_a_hold_for_review_reads_like_any_other(house: World, server: Receiver) -> None:
    """What waits for a sanctions review is told in the same words as what is being processed."""
    listen(server.url)
    ordinary, held = house.order("10.00"), house.order("600000.00")
    tell()
    told = {json.loads(message.body)["data"]["transaction_id"]: json.loads(message.body)["data"] for message in server.messages}
    differ = {name for name in told[str(held.pk)] if told[str(held.pk)][name] != told[str(ordinary.pk)][name]}
    assert differ <= {"transaction_id", "source_amount", "created_at", "updated_at"}


@pytest.mark.parametrize(
    ("reply", "status", "error"),
    [
        (Reply(500), 500, "It answered 500."),
        (Reply(404), 404, "It answered 404."),
        (Reply(302, headers={"Location": "http://127.0.0.1:9/"}), 302, "redirects are not followed"),
        (Reply(raw=b"nonsense\r\n\r\n"), None, "not HTTP"),
        (Reply(raw=b""), None, "HTTP"),
    ],
)
def test_what_is_not_taken_is_written_down_and_tried_again_with_the_same_id_and_bytes(
    house: World, server: Receiver, reply: Reply, status: int | None, error: str
) -> None:
    listen(server.url)
    house.order()
    server.answers = [reply]
    assert tell() == 1
    delivery = only_delivery()
    assert (delivery.state, delivery.last_status) == ("pending", status)
    assert error in delivery.last_error
    assert tell() == 0
    hurry()
    assert tell() == 1
    assert only_delivery().state == "delivered"
    assert len(server.messages) == 2
    assert server.ids[0] == server.ids[1]
    assert server.messages[0].body == server.messages[1].body
    numbers = WebhookAttempt.objects.order_by("number").values_list("number", "status")
    assert list(numbers) == [(1, status), (2, 200)]


def test_an_attempt_keeps_what_was_answered_and_how_long_it_took(house: World, server: Receiver) -> None:
    listen(server.url)
    house.order()
    server.usual = Reply(503, b"we are having lunch" * 500, {"Retry-After": "1800"})
    tell()
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.address, len(attempt.answer)) == (503, "127.0.0.1", 1000)
    assert attempt.duration_ms >= 0
    wait = only_delivery().next_try_at - attempt.started_at
    assert timedelta(minutes=29) < wait < timedelta(minutes=31)


def test_a_receiver_that_is_slow_gets_it_again(house: World, server: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transfers.outbox.deliver.Caller", partial(Caller, call_s=0.5))
    listen(server.url)
    house.order()
    server.answers = [Reply(hold_s=20)]
    tell()
    assert "No complete answer" in only_delivery().last_error
    hurry()
    tell()
    assert (only_delivery().state, server.ids[0]) == ("delivered", server.ids[1])


def test_after_its_last_try_it_has_failed_and_waits_for_a_replay(house: World, server: Receiver) -> None:
    listen(server.url)
    house.order()
    server.usual = Reply(500)
    for _ in range(len(schedule.PAUSES_S) + 3):
        tell()
        hurry()
    delivery = only_delivery()
    assert (delivery.state, delivery.attempts) == ("failed", len(schedule.PAUSES_S) + 1)
    assert WebhookAttempt.objects.count() == len(server.messages) == delivery.attempts


def test_an_address_that_is_gone_is_switched_off_at_once(house: World, server: Receiver) -> None:
    endpoint, _ = listen(server.url)
    server.usual = Reply(410)
    house.order()
    house.order()
    tell()
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_by) == ("disabled", "gone")
    assert len(server.messages) == 1
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == ["failed", "missed"]
    told = AuditEvent.objects.get(type="webhook.disabled")
    assert "410" in told.reason
    assert told.resource_id == str(endpoint.pk)


def test_an_address_that_fails_for_days_is_switched_off(house: World, server: Receiver) -> None:
    endpoint, _ = listen(server.url)
    server.usual = Reply(500)
    house.order()
    tell()
    nearly = timedelta(days=schedule.GIVE_UP_AFTER_DAYS) - timedelta(minutes=5)
    WebhookEndpoint.objects.update(failing_since=Now() - nearly)
    hurry()
    tell()
    assert WebhookEndpoint.objects.get().status == "enabled"
    WebhookEndpoint.objects.update(failing_since=Now() - nearly - timedelta(minutes=10))
    hurry()
    tell()
    endpoint.refresh_from_db()
    assert (endpoint.status, endpoint.disabled_by) == ("disabled", "failures")
    hurry()
    assert tell() == 0


def test_one_success_clears_the_record(house: World, server: Receiver) -> None:
    listen(server.url)
    server.answers = [Reply(500), Reply(500)]
    house.order()
    for _ in range(2):
        tell()
        hurry()
    assert WebhookEndpoint.objects.get().failures == 2
    tell()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.failures, endpoint.failing_since, endpoint.paused_until) == (0, None, None)
    assert endpoint.succeeded_at is not None


def test_an_address_that_fails_keeps_no_other_waiting(house: World, server: Receiver) -> None:
    with receiver() as broken:
        broken.usual = Reply(500)
        listen(broken.url)
        listen(server.url)
        for _ in range(5):
            house.order()
        tell()
        assert len(broken.messages) == 1
        assert len(server.messages) == 5


def test_two_deliverers_never_have_the_same_message(house: World, server: Receiver) -> None:
    listen(server.url)
    house.order()
    house.order()
    dispatch_all()
    first, second, third = take(), take(), take()
    assert first is not None
    assert second is not None
    assert third is None
    assert first.delivery_id != second.delivery_id


def test_who_lost_the_lease_writes_its_attempt_and_nothing_else(house: World, server: Receiver) -> None:
    listen(server.url)
    house.order()
    dispatch_all()
    slow = take()
    assert slow is not None
    hurry()
    assert deliver_due() == 1
    assert only_delivery().state == "delivered"
    server.usual = Reply(500)
    deliver.deliver(slow)
    delivery = only_delivery()
    assert (delivery.state, delivery.last_status) == ("delivered", 200)
    assert sorted(WebhookAttempt.objects.values_list("number", "status")) == [(1, 500), (2, 200)]
    assert server.ids[0] == server.ids[1]


def test_without_the_key_nothing_is_sent_and_nothing_lost(house: World, server: Receiver, settings: Any) -> None:
    listen(server.url)
    house.order()
    keys, settings.WEBHOOK_ENCRYPTION_KEYS = settings.WEBHOOK_ENCRYPTION_KEYS, []
    tell()
    assert server.messages == []
    assert "the fault is ours" in only_delivery().last_error
    settings.WEBHOOK_ENCRYPTION_KEYS = keys
    hurry()
    tell()
    assert only_delivery().state == "delivered"


def test_the_schedule_is_almost_three_days_of_ever_longer_pauses() -> None:
    pauses = [schedule.pause_s(tries, chance=lambda low, high: (low + high) / 2) for tries in range(1, 14)]
    assert pauses[-1] is None
    known = [pause for pause in pauses if pause is not None]
    assert known == sorted(known)
    assert timedelta(days=2.5) < timedelta(seconds=sum(known)) < timedelta(days=3)
    assert {schedule.pause_s(3) for _ in range(50)} != {120}
    assert schedule.pause_s(1, 10**9) == schedule.LONGEST_ASKED_S
