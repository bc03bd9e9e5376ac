"""Answers that were stored under idempotency keys expire; the keys never do.

A key without its answer still leads to what it made, as that stands by then, and never to a second; a refusal whose answer is gone
says so, and takes a new key.
"""

from datetime import datetime

from django.db import transaction

from audit.commands import record
from transfers.models import IdempotencyKey
from transfers.vocabulary import ANSWERS_DROPPED

# Rows in one transaction: whoever comes with one of these keys waits for no more.
PIECE = 5_000


def drop_answers(*, before: datetime, reason: str, piece: int = PIECE) -> int:
    """Drop the answers of keys that were taken before that moment; how many. Each piece is committed with its record."""
    total = 0
    while dropped := _drop_piece(before, reason, piece):
        total += dropped
    return total


@transaction.atomic
def _drop_piece(before: datetime, reason: str, piece: int) -> int:
    old = IdempotencyKey.objects.filter(created_at__lt=before, response_body__isnull=False)
    ids = list(old.order_by("created_at").select_for_update(skip_locked=True).values_list("pk", flat=True)[:piece])
    if not ids:
        return 0
    IdempotencyKey.objects.filter(pk__in=ids).update(response_body=None)
    metadata = {"count": len(ids), "before": before}
    record(type=ANSWERS_DROPPED, resource_type="idempotency_key", resource_id="many", reason=reason, metadata=metadata)
    return len(ids)
