"""However often and in whatever order everybody looks, each message is taken once and each receipt is made once."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from audit.sealing.keys import SigningKey
from tests.transfers.duplicates.shuffling import covers
from tests.transfers.outbox.receivers import Receiver
from tests.transfers.outbox.story import dispatch_all, hurry, listen
from tests.transfers.tame import Tame
from tests.transfers.world import World, drive_until
from transfers import tasks
from transfers.models import OutboxEvent, Receipt, WebhookAttempt, WebhookDelivery
from transfers.outbox import dispatch
from transfers.outbox.deliver import deliver_due
from transfers.receipts.make import make_due


@pytest.fixture
def key(settings: Any) -> None:
    made = SigningKey.generate("countersign.test/receipts")
    settings.RECEIPT_SIGNING_KEY, settings.RECEIPT_KEYS = made.text(), str(made.public())


@pytest.mark.parametrize("seed", range(2))
@covers(dispatch.dispatch_all, deliver_due, make_due, tasks.tell_clients)
def test_messages_and_receipts_come_once(house: World, tame: Tame, server: Receiver, key: None, seed: int) -> None:
    listen(server.url)
    drive_until(house.order(), "CONFIRMED")
    drive_until(house.off_ramp(), "FIAT_SETTLED")
    deeds: list[Callable[[], object]] = [dispatch_all, deliver_due, make_due, tasks.tell_clients, hurry] * 4
    Random(seed).shuffle(deeds)
    for deed in (*deeds, dispatch_all, make_due, deliver_due, make_due, deliver_due):
        deed()
    assert OutboxEvent.objects.filter(dispatched_at=None).count() == 0
    assert len(server.messages) == len(set(server.ids)) == WebhookAttempt.objects.count() == WebhookDelivery.objects.count() > 8
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}
    assert Receipt.objects.count() == 2
