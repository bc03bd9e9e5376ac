"""SIGKILL at every boundary of a delivery: the message arrives, with the same id and bytes each time, and is noted once."""

from functools import partial
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.transfers.forks import killed
from tests.transfers.outbox.receivers import Receiver
from tests.transfers.outbox.story import hurry, listen, only_delivery, reach
from tests.transfers.world import World
from transfers.crashpoints import ALL
from transfers.models import WebhookAttempt

POINTS = [name for name in ALL if name.startswith("webhook.")]
# How often the receiver has seen the message when the process died there.
SEEN = {"webhook.after_claim": 0, "webhook.after_send": 1, "webhook.before_commit": 1, "webhook.after_commit": 1}


def test_these_are_all_the_points() -> None:
    assert sorted(SEEN) == sorted(POINTS)


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_dies_there_loses_nothing(house: World, server: Receiver, tmp_path: Path, point: str) -> None:
    tell = partial(call_command, "tell_clients")
    listen(server.url)
    house.order()
    reach()
    assert killed(tell, tmp_path, crash=point)
    assert len(server.messages) == SEEN[point]
    hurry()
    reach()
    assert not killed(tell, tmp_path)
    assert only_delivery().state == "delivered"
    assert len(set(server.ids)) == 1
    assert len({message.body for message in server.messages}) == 1
    assert len(server.messages) == (1 if point in ("webhook.after_claim", "webhook.after_commit") else 2)
    assert WebhookAttempt.objects.filter(status=200).count() == 1
