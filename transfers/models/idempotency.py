"""Idempotency of the client API: one row per (client, key), for ever."""

from django.db import models

from audit.identity import new_id


class IdempotencyKey(models.Model):
    """Taken before anything else happens. The stored response may be dropped one day; the row and its transfer stay, so that an
    old key never opens the door to a second transfer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey("approvals.Client", on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    endpoint = models.TextField()
    request_hash = models.BinaryField(max_length=32)
    response_status = models.PositiveSmallIntegerField(null=True)
    response_body = models.JSONField(null=True)
    transfer = models.ForeignKey("transfers.Transfer", null=True, on_delete=models.PROTECT, related_name="idempotency_keys")
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="transfers_idempotency_key_once_per_client")]
