"""What clients are told: every event of a transfer, and for each address of the client its delivery with the attempts at it."""

from django.db import models

from approvals.models.history import Versioned, versions
from audit.identity import new_id


class OutboxEvent(models.Model):
    """One event of a transfer, put here by the database with the event itself: neither is ever committed without the other.

    (epoch, txid, id) is the order of commits, below the horizon. `body` is what is sent, written once when it is first needed.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    # Both are copied from the transfer's row by the trigger that alone may write here.
    transfer = models.ForeignKey(
        "transfers.Transfer", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    client = models.ForeignKey("approvals.Client", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    type = models.TextField()
    seq = models.PositiveIntegerField()
    from_status = models.TextField()
    to_status = models.TextField()
    status_text = models.TextField()
    correlation_id = models.TextField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    epoch = models.IntegerField()
    txid = models.BigIntegerField()
    body = models.BinaryField(null=True)
    dispatched_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["client", "epoch", "txid", "id"], name="transfers_outbox_by_client"),
            models.Index(fields=["epoch", "txid", "id"], condition=models.Q(dispatched_at=None), name="transfers_outbox_waiting"),
        ]
        constraints = [
            # Of one move there is one event: told to the transfer's client, and where it pays another client, to that one too.
            models.UniqueConstraint(fields=["transfer", "seq", "client"], name="transfers_event_once_per_version"),
        ]


class WebhookEndpoint(Versioned):
    """An address of a client. `events` are types, or only `*` for all of them. A removed one stays, as evidence.

    `failing_since` and `failures` count since the last delivery that was taken; until `paused_until` nothing is sent to it.
    """

    class Status(models.TextChoices):
        ENABLED = "enabled"
        DISABLED = "disabled"

    class DisabledBy(models.TextChoices):
        NOBODY = ""
        CLIENT = "client"
        OPERATOR = "operator"
        FAILURES = "failures"
        GONE = "gone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey("approvals.Client", on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.TextField()
    events = models.JSONField()
    status = models.TextField(choices=Status.choices, default=Status.ENABLED)
    disabled_by = models.TextField(choices=DisabledBy.choices, blank=True, default="")
    disabled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(help_text="Database time: events recorded from then on are sent.")
    created_by = models.TextField()
    deleted_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)

    history = versions(leaves_out=("created_at", "failing_since", "failures", "paused_until", "succeeded_at"))

    class Meta:
        verbose_name = "webhook endpoint"
        permissions = [
            ("manage_webhooks", "Can add, switch and remove clients' webhooks and rotate their secrets"),
            ("replay_webhooks", "Can send webhooks again"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "url"], condition=models.Q(deleted_at=None), name="transfers_webhook_url_once_per_client"
            )
        ]


class WebhookSecret(models.Model):
    """A signing secret, encrypted with a key that the database does not hold. After a rotation it signs on until `expires_at`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="secrets")
    ciphertext = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)


class WebhookDelivery(models.Model):
    """One event for one address. `attempts` counts all, `tries` those since it was last started over; a try is counted when it is
    claimed, so one whose process died shows as an attempt without a record."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"
        MISSED = "missed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    event = models.ForeignKey(OutboxEvent, on_delete=models.PROTECT, related_name="deliveries")
    state = models.TextField(choices=State.choices)
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.TextField(blank=True, default="")
    priority = models.PositiveSmallIntegerField(db_default=0, default=0, help_text="The transfer's own: single ones pass files.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="transfers_webhook_delivery_once")]
        indexes = [
            models.Index(
                fields=["endpoint", "priority", "next_try_at", "id"],
                condition=models.Q(state="pending"),
                name="transfers_webhook_next",
            ),
            models.Index(
                fields=["endpoint"],
                condition=models.Q(state="pending", lease_until__isnull=False),
                name="transfers_webhook_in_hand",
            ),
            models.Index(fields=["endpoint", "-created_at", "-id"], name="transfers_webhook_newest"),
            models.Index(fields=["endpoint"], condition=models.Q(state__in=["failed", "missed"]), name="transfers_webhook_untaken"),
        ]


class WebhookAttempt(models.Model):
    """One call and what came of it. Append-only. `answer` is the first bytes of what the address said."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="history")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    address = models.TextField(blank=True, default="", help_text="The one IP address that was connected to.")
    status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True, default="")
    answer = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="transfers_webhook_attempt_once")]
