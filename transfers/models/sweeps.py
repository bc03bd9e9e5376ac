"""Bringing tokens from deposit addresses to where they are paid out from."""

from django.db import models
from django.db.models import Q


class DepositSweep(models.Model):
    """Which address a transfer on the route `deposit_sweep` empties, into which wallet. Written with it; only its end is added, by
    the move that ends the transfer. An address has one per asset at a time: the next begins when the last is proved or failed."""

    transfer = models.OneToOneField("transfers.Transfer", primary_key=True, on_delete=models.PROTECT, related_name="sweep")
    address = models.ForeignKey("transfers.DepositAddress", on_delete=models.PROTECT, related_name="sweeps")
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    wallet = models.ForeignKey("transfers.Wallet", on_delete=models.PROTECT, related_name="sweeps_in")
    reason = models.TextField()
    by_hand = models.BooleanField(default=False, help_text="Somebody asked for it: then no minimum counts, and no price of gas.")
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address", "asset"], condition=Q(ended_at__isnull=True), name="transfers_sweep_one_open_per_address"
            ),
        ]
        indexes = [models.Index(fields=["address", "asset", "-begun_at"], name="transfers_sweep_newest")]
