"""Alerts: one row per cause while it lasts, and an outbox of what must be delivered about it."""

from django.db import models
from django.db.models import Q

from audit.identity import new_id


class Alert(models.Model):
    """Something an operator must know: one row per `cause_key` however often the checks run; it resolves itself, with why."""

    class Severity(models.TextChoices):
        WARNING = "warning"
        CRITICAL = "critical"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rule = models.TextField()
    cause_key = models.TextField()
    severity = models.TextField(choices=Severity.choices)
    title = models.TextField()
    detail = models.TextField()
    client_id = models.TextField(blank=True, default="")
    transfer_id = models.UUIDField(null=True, db_index=True)
    link = models.TextField()
    runbook = models.SlugField(max_length=60)
    opened_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.TextField(blank=True, default="")
    resolved_at = models.DateTimeField(null=True)
    resolution = models.TextField(blank=True, default="")

    class Meta:
        permissions = [
            ("acknowledge_alert", "Can acknowledge alerts"),
            ("run_drill", "Can make the sandbox's outside misbehave"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "cause_key"], condition=Q(resolved_at=None), name="alerts_alert_one_open_per_cause"
            )
        ]
        indexes = [
            models.Index(fields=["-resolved_at", "-id"], condition=Q(resolved_at__isnull=False), name="alerts_alert_resolved")
        ]


class Delivery(models.Model):
    """One message to one configured channel; tried with backoff until it is accepted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.TextField(help_text="Name of the configured channel, never its secret URL.")
    event = models.TextField(help_text="opened or resolved.")
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alert", "channel", "event"], name="alerts_delivery_once_per_event")]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(delivered_at=None), name="alerts_delivery_due")]
