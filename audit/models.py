"""The audit trail: one row per thing that somebody did or was refused.

Rows are written only by the database function `audit_record` (see migrations), inside the transaction of the change itself. The
table is partitioned by month of `recorded_at`; nobody may update, delete or truncate it. Floor 1 knows no business word: resources
are named by strings.
"""

from django.db import models

from audit.readonly import ReadOnlyModel
from audit.vault.models import VaultSubject, VaultValue

__all__ = ["AuditEvent", "VaultSubject", "VaultValue"]


class AuditEvent(ReadOnlyModel):
    """An immutable fact. `occurred_at` is business time; `recorded_at`, `txid`, `cluster_epoch` and `db_user` the database's."""

    pk = models.CompositePrimaryKey("recorded_at", "id")
    id = models.UUIDField()
    recorded_at = models.DateTimeField()
    txid = models.BigIntegerField()
    cluster_epoch = models.IntegerField()
    db_user = models.TextField()
    schema_version = models.SmallIntegerField()
    type = models.TextField()
    outcome = models.TextField()
    actor_type = models.TextField()
    actor_id = models.TextField()
    person_id = models.UUIDField(null=True)
    credential_id = models.TextField()
    on_behalf_of = models.TextField()
    correlation_id = models.TextField()
    causation_id = models.TextField()
    request_id = models.TextField()
    resource_type = models.TextField()
    resource_id = models.TextField()
    transaction_id = models.UUIDField(null=True)
    occurred_at = models.DateTimeField()
    reason = models.TextField()
    diff = models.JSONField()
    metadata = models.JSONField()
    status_text = models.TextField()

    class Meta:
        managed = False
        db_table = "audit_event"
        ordering = ["-recorded_at"]
        default_permissions = ("view",)
