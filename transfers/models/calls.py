"""What we said to providers and what they said to us, kept raw."""

from django.db import models

from audit.identity import new_id


class ProviderCall(models.Model):
    """One call: the intent is committed before it, the raw answer after it. `key` is deterministic, so a resumed step finds its
    own call and asks instead of sending again. Secrets are masked before they are stored."""

    class Outcome(models.TextChoices):
        INTENT = "intent"
        ANSWERED = "answered"
        REFUSED = "refused"
        UNKNOWN = "unknown"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.TextField(unique=True)
    transfer = models.ForeignKey("transfers.Transfer", null=True, on_delete=models.PROTECT, related_name="provider_calls")
    leg = models.ForeignKey("transfers.Leg", null=True, on_delete=models.PROTECT, related_name="provider_calls")
    provider = models.TextField()
    operation = models.TextField()
    outcome = models.TextField(choices=Outcome.choices, default=Outcome.INTENT)
    request = models.TextField(blank=True, default="")
    response = models.TextField(blank=True, default="")
    summary = models.TextField(blank=True, default="", help_text="One plain sentence for the timeline.")
    correlation_id = models.TextField()
    intent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        # What nobody has answered yet: few rows, however many calls there were.
        indexes = [
            models.Index(
                fields=["operation"], condition=models.Q(outcome__in=["intent", "unknown"]), name="transfers_call_unanswered"
            )
        ]


class ProviderExchange(models.Model):
    """What went over the wire to a provider and what came back, secrets masked: one row for each different exchange of a day,
    counted. It is written in a transaction of its own, so it stands whatever becomes of the step that spoke. `call_key` names the
    call it belongs to, when it is part of one; an order for many transfers at once has a key and no transfer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No constraint: evidence waits for nobody's row lock.
    transfer = models.ForeignKey(
        "transfers.Transfer", null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="exchanges"
    )
    call_key = models.TextField(blank=True, default="")
    provider = models.TextField()
    operation = models.TextField()
    request = models.TextField()
    response = models.TextField(blank=True, default="")
    status = models.SmallIntegerField(null=True, help_text="HTTP status of the answer.")
    error = models.TextField(blank=True, default="", help_text="Why there is no good answer; empty when there is one.")
    elapsed_ms = models.PositiveIntegerField(help_text="Of the first time.")
    digest = models.BinaryField(help_text="What makes it different from the others of its day.")
    times = models.PositiveIntegerField(default=1)
    correlation_id = models.TextField(blank=True, default="")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="transfers_exchange_once")]
        indexes = [
            models.Index(
                fields=["transfer", "first_at"], condition=models.Q(transfer__isnull=False), name="transfers_exchange_story"
            ),
            models.Index(
                fields=["call_key"],
                condition=models.Q(transfer__isnull=True) & ~models.Q(call_key=""),
                name="transfers_exchange_batch",
            ),
            models.Index(
                fields=["provider", "first_at"], condition=models.Q(transfer__isnull=True), name="transfers_exchange_provider"
            ),
        ]


class InboundWebhook(models.Model):
    """A message somebody sent us, raw, before anything was made of it. A hint: the truth is asked for."""

    class Status(models.TextChoices):
        REJECTED = "rejected"
        STORED = "stored"
        PROCESSED = "processed"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.TextField()
    webhook_id = models.TextField()
    headers = models.JSONField()
    body = models.BinaryField()
    status = models.TextField(choices=Status.choices)
    detail = models.TextField(blank=True, default="")
    transfer = models.ForeignKey("transfers.Transfer", null=True, on_delete=models.PROTECT, related_name="inbound_webhooks")
    deliveries = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "webhook_id"], condition=~models.Q(status="rejected"), name="transfers_inbound_webhook_once"
            )
        ]
