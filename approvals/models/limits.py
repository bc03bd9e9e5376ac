"""Amount limits per window, with one lockable bucket per limit and window, and what each subject consumed of it."""

from django.db import models
from django.db.models import F, Q

from approvals.models.history import Versioned, versions
from audit.identity import new_id
from ledger.fields import MinorUnitsField


class Limit(Versioned):
    """At most `amount` of `asset_id` per `window` for a scope. Per-transaction limits have the window `transaction`."""

    class Window(models.TextChoices):
        TRANSACTION = "transaction"
        DAY = "day"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client_id = models.TextField(blank=True, default="", help_text="Empty: every client, each with a bucket of its own.")
    corridor_id = models.TextField(blank=True, default="")
    asset_id = models.TextField()
    window = models.TextField(choices=Window.choices)
    amount = MinorUnitsField()
    active = models.BooleanField(default=True)

    history = versions()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client_id", "corridor_id", "asset_id", "window"],
                condition=Q(active=True),
                name="approvals_limit_one_active_per_scope",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="approvals_limit_not_negative"),
        ]


class LimitBucket(models.Model):
    """What is used of one limit by one client in one window (a UTC day). The row is the lock."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    limit = models.ForeignKey(Limit, on_delete=models.PROTECT, related_name="buckets", db_index=False)
    client_id = models.TextField()
    window_start = models.DateTimeField()
    used = MinorUnitsField(default=0)
    capacity = MinorUnitsField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["limit", "client_id", "window_start"], name="approvals_limit_bucket_once_per_window"),
            models.CheckConstraint(condition=Q(used__gte=0) & Q(used__lte=F("capacity")), name="approvals_limit_bucket_never_over"),
        ]


class LimitUse(models.Model):
    """One subject's share of a bucket; given back once when the subject ends without moving money."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    bucket = models.ForeignKey(LimitBucket, on_delete=models.PROTECT, related_name="uses", db_index=False)
    subject_id = models.TextField(db_index=True)
    amount = MinorUnitsField()
    given_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bucket", "subject_id"], name="approvals_limit_use_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="approvals_limit_use_positive"),
        ]


class LimitReturn(models.Model):
    """A share of a use that came back by itself: the subject stands for many, and one of them ended without moving money.
    Append-only; shares never come to more than the use."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    use = models.ForeignKey(LimitUse, on_delete=models.PROTECT, related_name="returns")
    share_id = models.TextField()
    amount = MinorUnitsField()
    given_back_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["use", "share_id"], name="approvals_limit_return_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="approvals_limit_return_positive"),
        ]
