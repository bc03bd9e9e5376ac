"""How much the house wants to keep where."""

from django.db import models
from django.db.models import F, Q

from approvals.models.history import Versioned, versions
from ledger.fields import MinorUnitsField


class TreasuryMove(models.Model):
    """What one transfer on the route `treasury_move` is for. Written with it, and never changed."""

    class Purpose(models.TextChoices):
        REFILL = "refill", "refill"
        TO_COLD = "to_cold", "to cold storage"
        FEE_SWEEP = "fee_sweep", "sweep of fees"

    transfer = models.OneToOneField("transfers.Transfer", primary_key=True, on_delete=models.PROTECT, related_name="treasury_move")
    purpose = models.TextField(choices=Purpose.choices)
    source = models.ForeignKey("transfers.Wallet", on_delete=models.PROTECT, related_name="moves_out")
    target = models.ForeignKey("transfers.Wallet", on_delete=models.PROTECT, related_name="moves_in")
    reason = models.TextField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(source=F("target")), name="transfers_treasury_move_goes_elsewhere")]


class LiquidityLevel(Versioned):
    """Between which amounts one account of ours is kept, and how the corridors that pay from it are funded. Changed by approval
    only (commands.levels); every version stays."""

    class Funding(models.TextChoices):
        PRE_FUNDED = "pre_funded", "pre-funded"
        JUST_IN_TIME = "just_in_time", "just in time"
        HYBRID = "hybrid", "hybrid"

    account_code = models.TextField(primary_key=True, help_text="Ledger account of the wallet, its gas, or the nostro.")
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    funding = models.TextField(choices=Funding.choices)
    minimum = MinorUnitsField(help_text="Below it we are told; nothing of ours is moved away that would lead below it.")
    target = MinorUnitsField(help_text="What it is brought back to.")
    maximum = MinorUnitsField(null=True, help_text="Above it we are told; empty: as much as there is.")

    history = versions()

    class Meta:
        verbose_name = "liquidity level"
        default_permissions = ()
        permissions = [("manage_liquidity", "Can ask for liquidity levels and for moves of our own money")]
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum__gte=0, target__gte=F("minimum")), name="transfers_liquidity_target_from_minimum"
            ),
            models.CheckConstraint(
                condition=Q(maximum=None) | Q(maximum__gte=F("target")), name="transfers_liquidity_maximum_from_target"
            ),
            models.CheckConstraint(
                condition=Q(funding__in=["pre_funded", "just_in_time", "hybrid"]), name="transfers_liquidity_funding_is_known"
            ),
        ]
