import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest
import structlog
from celery import Celery
from celery.contrib.testing.worker import start_worker
from celery.exceptions import OperationalError
from django.conf import settings

from audit import context
from audit.context import Actor
from backoffice.broker import broker_settings
from backoffice.celery import app
from backoffice.health import worker_signs
from backoffice.schedule import beat_schedule

seen: list[tuple[str, str, dict[str, object]]] = []


@app.task(name="tests.note_context")
def note_context(*, transfer_id: str) -> None:
    bound = context.current()
    seen.append((f"{bound.actor.type}:{bound.actor.id}", bound.correlation_id, structlog.contextvars.get_contextvars()))


@pytest.fixture
def no_notes() -> Iterator[None]:
    seen.clear()
    yield
    seen.clear()


def test_a_worker_can_load_it_before_django_is_set_up() -> None:
    """As the `celery` command does."""
    done = subprocess.run(
        [sys.executable, "-c", "import backoffice.celery"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_everything_that_beat_sends_exists() -> None:
    app.loader.import_default_modules()
    assert [entry["task"] for entry in beat_schedule().values() if entry["task"] not in app.tasks] == []


def test_a_task_acts_as_itself_in_the_senders_conversation(no_notes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the real broker, with a real worker in a thread; only its heartbeat is silenced, which would need a committed row."""
    monkeypatch.setattr(worker_signs, "_sign", lambda: None)
    with start_worker(cast("Celery[Any]", app), perform_ping_check=False, pool="solo", loglevel="ERROR", shutdown_timeout=20):
        with context.bind(Actor.system("test"), correlation_id="corr-7"):
            note_context.delay(transfer_id="tx-7")
        note_context.delay(transfer_id="tx-8")
        _wait_for(2)
    (actor, correlation_id, names), (_, other, _) = seen
    assert (actor, correlation_id) == ("system:tests.note_context", "corr-7")
    assert names["transaction_id"] == "tx-7"
    assert other not in ("", "corr-7")


def _wait_for(count: int) -> None:
    deadline = time.monotonic() + 20
    while len(seen) < count:
        assert time.monotonic() < deadline, f"only {len(seen)} of {count} tasks ran"
        time.sleep(0.05)


def test_sending_to_a_dead_broker_fails_soon_instead_of_hanging() -> None:
    with app.connection_for_write() as living:
        assert (living.transport_options or {})["socket_timeout"] == 5
    begun = time.monotonic()
    with app.connection(broker_settings("redis://127.0.0.1:1/0")["broker_url"]) as dead, pytest.raises(OperationalError):
        note_context.apply_async(kwargs={"transfer_id": "x"}, connection=dead, retry=False)
    assert time.monotonic() - begun < 15
