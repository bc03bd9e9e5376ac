"""The early wake-up after a commit: a hint to Celery that a transfer is due, worth a few hundred milliseconds and nothing else.

The row says what is due; a lost hint costs one beat. So a dead broker is logged and never raised, and nothing is published inside a
database transaction. Whether the broker listens is asked first: its client would try for seconds while somebody waits.
"""

import logging
import socket
from urllib.parse import urlsplit
from uuid import UUID

from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError

log = logging.getLogger(__name__)
_LISTENS_WITHIN_S = 0.25


def wake_after_commit(transfer_id: UUID) -> None:
    """Hint at `transfer_id` once the surrounding database transaction has committed."""
    transaction.on_commit(lambda: hint(transfer_id), robust=True)


def hint(transfer_id: UUID) -> None:
    """Publish now, without retries; a broker that does not answer is logged."""
    from transfers.tasks import advance

    try:
        _ask_whether_it_listens(str(current_app.conf.broker_url))
        advance.apply_async(kwargs={"transfer_id": str(transfer_id)}, retry=False, expires=30)
    except (KombuError, OSError) as error:
        log.warning("no wake-up for transfer %s, the driver will find it: %s", transfer_id, error)


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
