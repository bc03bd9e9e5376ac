"""Receipts, and the orders to make them."""

from django.db import models

from audit.identity import new_id


class ReceiptOrder(models.Model):
    """An event after which a receipt is due: the transfer settled, or what had settled was undone. Placed by the dispatch of the
    outbox, carried out by whoever holds the key."""

    class Says(models.TextChoices):
        SETTLED = "settled"
        UNDONE = "undone"

    event = models.OneToOneField("transfers.OutboxEvent", primary_key=True, on_delete=models.PROTECT, related_name="receipt_order")
    transfer = models.ForeignKey("transfers.Transfer", on_delete=models.PROTECT, related_name="+")
    says = models.TextField(choices=Says.choices)
    ordered_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    last_error = models.TextField(blank=True, default="")
    priority = models.PositiveSmallIntegerField(db_default=0, default=0, help_text="The transfer's own: single ones pass files.")

    class Meta:
        indexes = [
            models.Index(fields=["priority", "next_try_at"], condition=models.Q(done_at=None), name="transfers_receipt_due_first")
        ]


class Receipt(models.Model):
    """Signed and kept for ever, byte for byte. A later one of the same transfer supersedes it and changes nothing about it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transfer = models.ForeignKey("transfers.Transfer", on_delete=models.PROTECT, related_name="receipts")
    number = models.PositiveSmallIntegerField()
    says = models.TextField(choices=ReceiptOrder.Says.choices)
    order = models.OneToOneField(ReceiptOrder, on_delete=models.PROTECT, related_name="receipt")
    supersedes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="superseded_by")
    payload = models.BinaryField()
    jws = models.TextField()
    key_id = models.TextField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transfer", "number"], name="transfers_receipt_numbered_once"),
            models.CheckConstraint(
                condition=models.Q(number=1, supersedes=None) | models.Q(number__gt=1, supersedes__isnull=False),
                name="transfers_receipt_after_the_first_supersedes",
            ),
        ]
