"""Cards: what the provider settles in batches, and what cardholders take back."""

from django.db import models

from audit.identity import new_id
from ledger.fields import MinorUnitsField


class CardBatch(models.Model):
    """One payment of the provider for many captures. `net` is below zero when refunds and chargebacks outweigh them: the provider
    collects it from us. `lines` are as reported; minor units as text. Only `status` moves, each time with an event of version
    `version`."""

    class Status(models.TextChoices):
        REPORTED = "reported"
        PAID = "paid"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sequence = models.BigIntegerField(unique=True)
    reference = models.CharField(max_length=26, unique=True)
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    net = MinorUnitsField()
    lines = models.JSONField()
    status = models.TextField(choices=Status.choices, default=Status.REPORTED)
    version = models.PositiveIntegerField(default=1)
    reported_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "card batches"


class CardRefund(models.Model):
    """Which card deposit a transfer refunds. Written with the transfer, and never changed."""

    transfer = models.OneToOneField("transfers.Transfer", primary_key=True, on_delete=models.PROTECT, related_name="card_refund")
    deposit = models.ForeignKey("transfers.Transfer", on_delete=models.PROTECT, related_name="card_refunds")
    reason = models.TextField()


class CardDispute(models.Model):
    """A cardholder took a captured payment back. `fee` is ours, won or lost."""

    class Status(models.TextChoices):
        LOST = "lost"
        WON = "won"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider_id = models.TextField(unique=True)
    transfer = models.ForeignKey("transfers.Transfer", on_delete=models.PROTECT, related_name="card_disputes")
    amount = MinorUnitsField()
    fee = MinorUnitsField()
    status = models.TextField(choices=Status.choices, default=Status.LOST)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
