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
