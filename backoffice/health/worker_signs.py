"""A worker's own sign of life, written from its main process every few seconds, also when all its children are busy."""

from typing import Any

import structlog
from celery import Celery, bootsteps
from django.db import DatabaseError, connection

log = structlog.get_logger(__name__)


class SignsOfLife(bootsteps.StartStopStep):
    """Runs on the worker's timer. The connection is closed each time: children fork from this process and must not inherit one."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.timer: Any = None

    def start(self, parent: Any) -> None:
        from django.conf import settings

        self.timer = parent.timer.call_repeatedly(settings.HEARTBEAT_INTERVAL, _sign, priority=10)
        _sign()

    def stop(self, parent: Any) -> None:  # noqa: ARG002
        if self.timer is not None:
            self.timer.cancel()


def _sign() -> None:
    """A database that is away for a moment must not end the worker: the missing sign itself is what others notice."""
    # Imported here: the Celery app is loaded before Django's models are.

    # Imported late: Celery loads this module before Django knows its models.
    from backoffice.health import heartbeats

    try:
        heartbeats.sign(name=heartbeats.process_name("worker"), kind="worker")
    except DatabaseError as error:
        log.warning("heartbeat not written", error=str(error))
    finally:
        connection.close()


def install(app: "Celery[Any]") -> None:
    app.steps["worker"].add(SignsOfLife)
