"""The early wake-up after a commit: a hint to Celery that a transfer is due, worth a few hundred milliseconds and nothing else.

The row says what is due; a lost hint costs one beat. So a dead broker is logged and never raised, and nothing is published inside a
database transaction.
"""

import logging
from uuid import UUID

from django.db import transaction
from kombu.exceptions import KombuError

log = logging.getLogger(__name__)


def wake_after_commit(transfer_id: UUID) -> None:
    """Hint at `transfer_id` once the surrounding database transaction has committed."""
    transaction.on_commit(lambda: hint(transfer_id), robust=True)


def hint(transfer_id: UUID) -> None:
    """Publish now, without retries; a broker that does not answer is logged."""
    from transfers.tasks import advance

    try:
        advance.apply_async(kwargs={"transfer_id": str(transfer_id)}, retry=False, expires=30)
    except (KombuError, OSError) as error:
        log.warning("no wake-up for transfer %s, the driver will find it: %s", transfer_id, error)
