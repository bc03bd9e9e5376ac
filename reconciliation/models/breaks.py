"""What agreed, and what did not."""

from django.db import models
from django.db.models import Q

from audit.identity import new_id
from ledger.fields import MinorUnitsField
from reconciliation.models.items import ExternalItem


class Match(models.Model):
    """An item of the outside that is the evidence for one leg of a transfer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.OneToOneField(ExternalItem, on_delete=models.PROTECT, related_name="match")
    transfer_id = models.UUIDField(db_index=True)
    leg_reference = models.CharField(max_length=26)
    role = models.TextField(help_text="What it proves: payment, receipt or gas.")
    subject = models.TextField(default="", db_default="", help_text="Which dispute of the leg; empty for all that a leg has once.")
    rule = models.TextField(help_text="The rule that matched, with its version.")
    confidence = models.PositiveSmallIntegerField(help_text="Percent; only 100 closes itself.")
    matched_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["leg_reference", "role", "subject"], name="reconciliation_match_proves_a_subject_once"),
        ]


class Break(models.Model):
    """A difference somebody must explain. `deadline_at` follows from the severity."""

    class Type(models.TextChoices):
        MISSING_EXTERNAL = "missing_external"
        EXTERNAL_ONLY = "external_only"
        AMOUNT = "amount"
        FEE = "fee"
        FX = "fx"
        DUPLICATE = "duplicate"
        BALANCE = "balance"
        TIMING = "timing"

    class Severity(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"
        CRITICAL = "critical"

    class Status(models.TextChoices):
        OPEN = "open"
        INVESTIGATING = "investigating"
        RESOLVED = "resolved"
        FALSE_POSITIVE = "false_positive"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=26, unique=True)
    type = models.TextField(choices=Type.choices)
    severity = models.TextField(choices=Severity.choices)
    status = models.TextField(choices=Status.choices, default=Status.OPEN)
    source = models.ForeignKey("reconciliation.Source", on_delete=models.PROTECT, related_name="breaks")
    item = models.ForeignKey(ExternalItem, null=True, on_delete=models.PROTECT, related_name="breaks")
    statement = models.ForeignKey("reconciliation.Statement", null=True, on_delete=models.PROTECT, related_name="breaks")
    transfer_id = models.UUIDField(null=True, db_index=True)
    subject_key = models.TextField(unique=True, help_text="What differs, so that looking twice opens one break.")
    title = models.TextField()
    explanation = models.TextField(help_text="What was expected, what was found, in a sentence.")
    currency = models.TextField()
    expected_amount = MinorUnitsField(null=True)
    actual_amount = MinorUnitsField(null=True)
    opened_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution = models.TextField(blank=True, default="")

    class Meta:
        permissions = [("import_statement", "Can import statements")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "investigating"]) | ~Q(resolved_at=None), name="reconciliation_break_end_has_time"
            )
        ]
        indexes = [models.Index(fields=["status", "deadline_at"], name="reconciliation_break_queue")]
