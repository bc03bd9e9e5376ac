"""SIGKILL at every boundary of a delivery: the message arrives, with the same id and bytes each time, and is noted once."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.transfers.outbox.receivers import Receiver
from tests.transfers.outbox.story import hurry, listen, only_delivery, reach
from tests.transfers.world import World
from transfers.crashpoints import ALL
from transfers.models import WebhookAttempt

BASE_DIR = Path(__file__).resolve().parents[3]
POINTS = [name for name in ALL if name.startswith("webhook.")]
# How often the receiver has seen the message when the process died there.
SEEN = {"webhook.after_claim": 0, "webhook.after_send": 1, "webhook.before_commit": 1, "webhook.after_commit": 1}


def _tell(settings: Any, crash: str = "") -> int:
    """A process of its own, on the database of this test."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    keys = ",".join(settings.WEBHOOK_ENCRYPTION_KEYS)
    environ = os.environ | {"DATABASE_URL": address, "WEBHOOK_ENCRYPTION_KEYS": keys, "COUNTERSIGN_CRASH": crash}
    command = [sys.executable, "-W", "ignore", "manage.py", "tell_clients"]
    done = subprocess.run(command, cwd=BASE_DIR, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def test_these_are_all_the_points() -> None:
    assert sorted(SEEN) == sorted(POINTS)


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_dies_there_loses_nothing(house: World, server: Receiver, settings: Any, point: str) -> None:
    listen(server.url)
    house.order()
    reach()
    assert _tell(settings, crash=point) == -signal.SIGKILL
    assert len(server.messages) == SEEN[point]
    hurry()
    reach()
    assert _tell(settings) == 0
    assert only_delivery().state == "delivered"
    assert len(set(server.ids)) == 1
    assert len({message.body for message in server.messages}) == 1
    assert len(server.messages) == (1 if point in ("webhook.after_claim", "webhook.after_commit") else 2)
    assert WebhookAttempt.objects.filter(status=200).count() == 1
