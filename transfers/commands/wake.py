"""The early wake-up after a commit: a hint to Celery that a transfer is due, worth a few hundred milliseconds and nothing else.

The row says what is due; a lost hint costs one beat. So a dead broker is logged and never raised, and nothing is published inside a
database transaction. Whether the broker listens is asked first: its client would try for seconds while somebody waits. One that
does not is left alone for a second.
"""

import logging
import socket
import time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import KombuError

log = logging.getLogger(__name__)
_LISTENS_WITHIN_S = 0.25
_HINTS_APART_S = 0.5
_LEFT_ALONE_S = 1.0
_last_hint_s = [float("-inf")]  # seconds
# Until when the broker is left alone.
_away_until_s = [float("-inf")]  # seconds


def wake_after_commit(transfer_id: UUID) -> None:
    """Hint at `transfer_id` once the surrounding database transaction has committed."""
    transaction.on_commit(lambda: hint(transfer_id), robust=True)


def hint(transfer_id: UUID) -> None:
    """Publish now, without retries; a broker that does not answer is logged."""
    from transfers.tasks import advance

    _publish(advance, f"transfer {transfer_id}, the driver will find it", transfer_id=str(transfer_id))


def wake_bulk_after_commit() -> None:
    """Hint that parts of a file may be carried out, once the surrounding database transaction has committed."""
    transaction.on_commit(hint_bulk, robust=True)


def hint_bulk() -> None:
    """Publish now that parts of a file may be due; a broker that does not answer is logged."""
    from transfers.tasks import carry_out_bulk

    _publish(carry_out_bulk, "a file, the sweep will find it")


def tell_clients_after_commit() -> None:
    """Hint that the outbox has something, once the surrounding database transaction has committed."""
    transaction.on_commit(_hint_outbox, robust=True)


def _hint_outbox() -> None:
    """At most two a second from one process: each looks at everything that waits."""
    from transfers.tasks import tell_clients

    now_s = time.monotonic()
    if now_s - _last_hint_s[0] >= _HINTS_APART_S:
        _last_hint_s[0] = now_s
        _publish(tell_clients, "the outbox, the sweep will find it")


def _publish(task: "Task[Any, Any]", what: str, **kwargs: str) -> None:
    if time.monotonic() < _away_until_s[0]:
        return
    try:
        _ask_whether_it_listens(str(current_app.conf.broker_url))
        task.apply_async(kwargs=kwargs, retry=False, expires=30)
    except (KombuError, OSError) as error:
        _away_until_s[0] = time.monotonic() + _LEFT_ALONE_S
        log.warning("no wake-up for %s: %s", what, error)


def _ask_whether_it_listens(url: str) -> None:
    """Raises OSError within a quarter of a second when nobody does."""
    parts = urlsplit(url)
    if parts.scheme.endswith("socket"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_LISTENS_WITHIN_S)
            probe.connect(parts.path)
        return
    with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), _LISTENS_WITHIN_S):
        pass
