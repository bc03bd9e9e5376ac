"""What a conversion was priced at, and what promotions added to it."""

from django.db import models
from django.db.models import F, Q

from approvals.models.history import Versioned, versions
from ledger.fields import MinorUnitsField


class ConversionTerms(models.Model):
    """What we keep of conversions on a corridor. A corridor has a direction, so bid and ask are two rows of their own."""

    corridor = models.OneToOneField("approvals.Corridor", primary_key=True, on_delete=models.PROTECT, related_name="+")
    spread_bps = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(spread_bps__lt=10_000), name="transfers_conversion_terms_spread_sane")]


class ConversionSplit(models.Model):
    """How a quote divides what a conversion is worth, in minor units of the target asset. Stored with the quote, booked as it
    stands."""

    quote = models.OneToOneField("transfers.Quote", primary_key=True, on_delete=models.PROTECT, related_name="split")
    market_rate = models.DecimalField(
        max_digits=38, decimal_places=18, help_text="Before our spread; the quote's own rate is after it."
    )
    spread_bps = models.PositiveIntegerField()
    market_amount = MinorUnitsField()
    client_amount = MinorUnitsField()
    spread_amount = MinorUnitsField()
    rounding_amount = MinorUnitsField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(market_amount=F("client_amount") + F("spread_amount") + F("rounding_amount"))
                & Q(client_amount__gte=0, spread_amount__gte=0, rounding_amount__gte=0),
                name="transfers_conversion_split_adds_up",
            )
        ]


class Promotion(Versioned):
    """A promise of cashback on conversions of one corridor. Its money is on a ledger account of its own."""

    code = models.SlugField(primary_key=True, max_length=40)
    title = models.TextField()
    corridor = models.ForeignKey("approvals.Corridor", on_delete=models.PROTECT, related_name="+")
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    bps = models.PositiveIntegerField(help_text="Of what the client gets, in basis points.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField()

    history = versions()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"), bps__gt=0, bps__lte=10_000), name="transfers_promotion_sane"
            )
        ]


class Cashback(models.Model):
    """What a promotion added to one conversion. Append-only."""

    transfer = models.OneToOneField("transfers.Transfer", primary_key=True, on_delete=models.PROTECT, related_name="cashback")
    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="+")
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    amount = MinorUnitsField()
    paid_at = models.DateTimeField()
