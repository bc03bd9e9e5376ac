"""Bringing tokens from deposit addresses to where they are paid out from."""

from django.db import models
from django.db.models import Q

from ledger.fields import MinorUnitsField


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
    is_settled = models.BooleanField(db_default=False, default=False, help_text="It is in the sums of its address.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address", "asset"], condition=Q(ended_at__isnull=True), name="transfers_sweep_one_open_per_address"
            ),
        ]
        indexes = [
            models.Index(fields=["address", "asset", "-begun_at"], name="transfers_sweep_newest"),
            models.Index(fields=["-begun_at"], name="transfers_sweep_begun"),
            models.Index(fields=["address", "asset"], condition=Q(is_settled=False), name="transfers_sweep_not_settled"),
        ]


class SettledHolding(models.Model):
    """What can no longer change of one asset on one address, in minor units: `proved` is what arrived there and our own chain index
    has proved, `gone` what sweeps have taken. Only the database writes it, from arrivals and sweeps that are marked in the same
    statement. It says where to look; before money moves, every arrival and sweep of the address is read again."""

    pk = models.CompositePrimaryKey("address_id", "asset_id")
    address = models.ForeignKey("transfers.DepositAddress", on_delete=models.PROTECT, related_name="+", db_index=False)
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+", db_index=False)
    proved = MinorUnitsField(default=0)
    gone = MinorUnitsField(default=0)
    since = models.DateTimeField(null=True, help_text="When the newest of the deposits was proved.")

    class Meta:
        indexes = [
            models.Index(
                (models.F("proved") - models.F("gone")).desc(),
                condition=Q(proved__gt=models.F("gone")),
                name="transfers_holding_to_sweep",
            ),
        ]
