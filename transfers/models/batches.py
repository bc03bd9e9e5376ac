"""Payouts that go to the bank as one message."""

from django.db import models
from django.db.models import Q

from audit.identity import new_id
from ledger.fields import MinorUnitsField


class PayoutBatch(models.Model):
    """Payouts of one nostro and value date. `message_id` is the bank's MsgId and made with the row; legs join while it is open.

    From `sent` on, which is the intent, its content never changes: it is what is handed over, and handed over again if the bank
    never got it. Whoever hands it over holds the lease; each leg's own driver acts on the bank's verdict about it. A `full` one
    takes in nobody and waits to be handed over; of an `empty` one nobody could go any more.
    """

    class Status(models.TextChoices):
        OPEN = "open"
        FULL = "full"
        SENT = "sent"
        ANSWERED = "answered"
        EMPTY = "empty"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message_id = models.CharField(max_length=26, unique=True)
    bank_account = models.ForeignKey("transfers.BankAccount", on_delete=models.PROTECT, related_name="batches")
    value_date = models.DateField()
    status = models.TextField(choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="When its content was fixed; stands in the message.")
    content = models.JSONField(null=True, help_text="The orders as they were handed over, in their order.")
    count = models.PositiveIntegerField(null=True)
    total = MinorUnitsField(null=True)
    answer = models.TextField(blank=True, default="", help_text="The bank's answer to the message, raw.")
    verdicts = models.JSONField(default=dict, help_text="By end-to-end id: status, reason, the bank's reference.")
    answered_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bank_account", "value_date"], condition=Q(status="open"), name="transfers_payout_batch_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["sent", "answered"])
                | Q(content__isnull=False, sent_at__isnull=False, count__gt=0, total__gt=0),
                name="transfers_payout_batch_sent_with_content",
            ),
        ]
