"""The columns of the trail as a file: every field of an event, in the order in which one reads it."""

from typing import Any

from audit.models import AuditEvent

HEAD = (
    "recorded_at", "occurred_at", "type", "outcome", "actor_type", "actor_id", "on_behalf_of", "person_id", "credential_id",
    "resource_type", "resource_id", "transaction_id", "reason", "diff", "metadata", "status_text", "correlation_id", "causation_id",
    "request_id", "db_user", "cluster_epoch", "txid", "id",
)  # fmt: skip


def line(event: AuditEvent) -> list[Any]:
    return [getattr(event, name) for name in HEAD]
