"""Small transfers of our own that prove, again and again, that the whole works."""

from django.db import models
from django.db.models import Q

from audit.identity import new_id


class SyntheticRun(models.Model):
    """One health check: a transfer of ours on `route`, from its order to its proof. At most one runs per route."""

    class Result(models.TextChoices):
        RUNNING = "running"
        PASSED = "passed"
        FAILED = "failed"
        # A halt stood in the way: nothing was found out.
        SKIPPED = "skipped"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    route = models.TextField()
    transfer = models.OneToOneField("transfers.Transfer", null=True, on_delete=models.PROTECT, related_name="synthetic_run")
    result = models.TextField(choices=Result.choices, default=Result.RUNNING)
    detail = models.TextField(blank=True, default="", help_text="Why it failed or was skipped, in words.")
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(help_text="When it should have ended: its limit as it was when it started.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["route"], condition=Q(ended_at__isnull=True), name="transfers_synthetic_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(result="running", ended_at__isnull=True) | ~Q(result="running") & Q(ended_at__isnull=False),
                name="transfers_synthetic_ends_with_a_result",
            ),
        ]
        indexes = [models.Index(fields=["route", "-started_at"], name="transfers_synthetic_newest")]
