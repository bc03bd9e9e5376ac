"""Adding to the trail. A change of state records its event in its own database transaction; refusals and sensitive reads, which
change nothing, get one for themselves."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audit import vocabulary
from audit.context import current
from audit.envelope import as_jsonb, envelope
from audit.errors import NoTransactionOpen

SCHEMA_VERSION = 1


def record(
    *,
    type: str,
    resource_type: str,
    resource_id: str,
    outcome: str = "succeeded",
    reason: str = "",
    diff: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    transaction_id: UUID | None = None,
    status_text: str = "",
) -> UUID:
    """Record one event in the caller's transaction and return its id; actor, conversation and business time come from the context.

    `transaction_id` is the business transaction it belongs to. Raises NoTransactionOpen, NoActorBound, UnknownEventType.
    """
    if not connection.in_atomic_block:
        raise NoTransactionOpen(f"{type} must be recorded inside the transaction of its change")
    event = envelope() | described(
        type=type,
        resource_type=resource_type,
        resource_id=resource_id,
        outcome=outcome,
        reason=reason,
        diff=diff,
        metadata=metadata,
        transaction_id=transaction_id,
        status_text=status_text,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_record(%s)", [as_jsonb(event)])
        event_id = UUID(str(cursor.fetchone()[0]))
    if outcome == "refused":
        current().refusals.append(event_id)
    return event_id


def described(
    *,
    type: str,
    resource_type: str,
    resource_id: str,
    outcome: str = "succeeded",
    reason: str = "",
    diff: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
    transaction_id: UUID | None = None,
    status_text: str = "",
) -> dict[str, Any]:
    """One event without its envelope: for a database function that records it in the statement of its change. Raises
    UnknownEventType."""
    vocabulary.check(type)
    return {
        "schema_version": SCHEMA_VERSION,
        "type": type,
        "outcome": outcome,
        "resource_type": resource_type,
        "resource_id": resource_id,
        "transaction_id": transaction_id,
        "reason": reason,
        "diff": diff or {},
        "metadata": current().metadata | (metadata or {}),
        "status_text": status_text,
    }


def record_access(
    *,
    type: str,
    resource_type: str,
    resource_id: str,
    reason: str = "",
    metadata: dict[str, Any] | None = None,
    transaction_id: UUID | None = None,
) -> UUID:
    """Record that somebody reads or takes away what is sensitive, in a transaction of its own that is committed before they get it.

    Raises RuntimeError inside an open transaction, whose rollback would take the evidence along.
    """
    with transaction.atomic(durable=True):
        return record(
            type=type,
            resource_type=resource_type,
            resource_id=resource_id,
            reason=reason,
            metadata=metadata,
            transaction_id=transaction_id,
        )


def record_refusal(
    *,
    type: str,
    resource_type: str,
    resource_id: str,
    reason: str,
    metadata: dict[str, Any] | None = None,
    transaction_id: UUID | None = None,
) -> UUID:
    """Record that something was refused, in a transaction of its own. Call it after the refused one was rolled back.

    Raises RuntimeError inside an open transaction, whose rollback would take the evidence along.
    """
    with transaction.atomic(durable=True):
        return record(
            type=type,
            resource_type=resource_type,
            resource_id=resource_id,
            outcome="refused",
            reason=reason,
            metadata=metadata,
            transaction_id=transaction_id,
        )
