"""Opening breaks: a difference becomes one row with a deadline, however often it is looked at."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from audit import clock
from audit.commands import record
from audit.identity import new_reference
from reconciliation.models import Break, ExternalItem, Source, Statement

# How long a break may stay unexplained.
TIME_TO_EXPLAIN: dict[str, timedelta] = {
    Break.Severity.CRITICAL: timedelta(hours=4),
    Break.Severity.HIGH: timedelta(hours=24),
    Break.Severity.MEDIUM: timedelta(days=3),
    Break.Severity.LOW: timedelta(days=7),
}


def open_break(
    *,
    type: str,
    severity: str,
    source: Source,
    subject_key: str,
    title: str,
    explanation: str,
    currency: str,
    expected: int | None,
    actual: int | None,
    item: ExternalItem | None = None,
    statement: Statement | None = None,
    transfer_id: UUID | None = None,
) -> Break:
    """The break about this subject: a new one with its audit event, or the one that stands already, resolved or not.

    `expected` and `actual` are minor units of `currency`, null where there is no figure.
    The status of `item` is the caller's business.
    """
    now = clock.now()
    facts = {
        "reference": new_reference(),
        "type": type,
        "severity": severity,
        "source": source,
        "item": item,
        "statement": statement,
        "transfer_id": transfer_id,
        "title": title,
        "explanation": explanation,
        "currency": currency,
        "expected_amount": expected,
        "actual_amount": actual,
        "opened_at": now,
        "deadline_at": now + TIME_TO_EXPLAIN[severity],
    }
    with transaction.atomic():
        opened, is_new = Break.objects.get_or_create(subject_key=subject_key, defaults=facts)
        if is_new:
            record(
                type="reconciliation.break_opened",
                resource_type="break",
                resource_id=str(opened.id),
                reason=explanation,
                metadata={"reference": opened.reference, "type": type, "severity": severity, "source": source.code},
                transaction_id=transfer_id,
            )
    return opened


def resolve_break(found: Break, words: str, *, transaction_id: UUID | None = None) -> None:
    """End it, in the caller's transaction, row locked: what it was about is explained by `words`."""
    Break.objects.filter(pk=found.pk).update(status=Break.Status.RESOLVED, resolved_at=clock.now(), resolution=words)
    record(
        type="reconciliation.break_resolved",
        resource_type="break",
        resource_id=str(found.id),
        reason=words,
        transaction_id=transaction_id,
    )
