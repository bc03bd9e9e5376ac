"""Payouts that we want back from a bank."""

from django.db import models
from django.db.models import F, Q

from audit.identity import new_id


class PayoutRecall(models.Model):
    """One request to call a payout back, approved by somebody else than who asked for it. It moves no money: what comes back is
    booked from the statement. It never changes but for its `status` and what goes with it, one `version` at a time, each told by an
    event of the transfer."""

    class Status(models.TextChoices):
        ORDERED = "ordered"
        ASKED = "asked"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        UNANSWERED = "unanswered"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=26, unique=True, help_text="By which the bank knows it.")
    transfer = models.ForeignKey("transfers.Transfer", on_delete=models.PROTECT, related_name="payout_recalls")
    leg = models.ForeignKey("transfers.Leg", on_delete=models.PROTECT, related_name="+")
    approval_request = models.OneToOneField("approvals.ApprovalRequest", on_delete=models.PROTECT, related_name="+")
    reason_code = models.TextField(help_text="Of ISO 20022, why it is called back.")
    reason = models.TextField()
    status = models.TextField(choices=Status.choices, default=Status.ORDERED)
    version = models.PositiveIntegerField(default=1)
    answer = models.TextField(blank=True, default="", help_text="The bank's code and words.")
    due_at = models.DateTimeField(null=True, help_text="When the bank is next asked; null when nobody asks any more.")
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True, default="")
    ordered_at = models.DateTimeField()
    give_up_at = models.DateTimeField(help_text="From then on it counts as unanswered.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["leg"], condition=Q(status__in=("ordered", "asked")), name="transfers_recall_one_open_per_leg"
            )
        ]
        indexes = [models.Index(F("due_at"), condition=Q(due_at__isnull=False), name="transfers_recall_due")]
