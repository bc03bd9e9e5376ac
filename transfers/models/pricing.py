"""Reference rates as their sources published them, and every round of quotes with every answer in it."""

from django.db import models
from django.db.models import Q

from approvals.models.history import Versioned, versions
from audit.identity import new_id
from ledger.fields import MinorUnitsField


class RateSource(Versioned):
    """Where reference rates come from. A sheet older than `max_age_s` is stale: nobody is paid by it. Lower `priority` is asked
    first."""

    class Kind(models.TextChoices):
        FEED = "feed", "Feed"
        FILE = "file", "File"

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    max_age_s = models.PositiveIntegerField()
    priority = models.PositiveSmallIntegerField(default=100)
    active = models.BooleanField(default=True)

    history = versions()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(max_age_s__gte=1), name="transfers_rate_source_has_a_limit")]


class RateSheet(models.Model):
    """All rates of one source at one moment, once. `rates` maps `BASE/QUOTE` to bid and ask as decimal strings: quote units for one
    unit of base; who sells base gets the bid. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    source = models.ForeignKey(RateSource, on_delete=models.PROTECT, related_name="sheets")
    observed_at = models.DateTimeField(help_text="When the source says that they held.")
    received_at = models.DateTimeField()
    rates = models.JSONField()
    raw = models.TextField(help_text="The text they were read from.")

    class Meta:
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["source", "observed_at"], name="transfers_rate_sheet_once_per_moment")]


class QuoteRound(models.Model):
    """Providers asked at the same time for one price, with the reference they were held against. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    corridor = models.ForeignKey("approvals.Corridor", on_delete=models.PROTECT, related_name="+")
    transfer = models.ForeignKey("transfers.Transfer", null=True, on_delete=models.PROTECT, related_name="quote_rounds")
    source_amount = MinorUnitsField()
    reference_rate = models.DecimalField(max_digits=38, decimal_places=18, help_text="For the direction that was asked.")
    reference_at = models.DateTimeField(help_text="The oldest of the rates that it was made of.")
    reference_from = models.TextField(help_text="Sources and pairs, in words.")
    tolerance_bps = models.PositiveIntegerField()
    budget_ms = models.PositiveIntegerField()
    elapsed_ms = models.PositiveIntegerField()
    correlation_id = models.TextField()
    asked_at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class QuoteAnswer(models.Model):
    """What one provider said in a round, or why it was not asked; kept whole, never worked out again. Append-only."""

    class Verdict(models.TextChoices):
        CHOSEN = "chosen"
        USABLE = "usable", "good, but not the best"
        REJECTED = "rejected", "not believed"
        REFUSED = "refused", "does not deal in it"
        FAILED = "failed", "did not answer"
        LATE = "late", "too slow"
        NOT_ASKED = "not_asked", "not asked"
        AWAITED = "awaited", "called by phone"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    round = models.ForeignKey(QuoteRound, on_delete=models.PROTECT, related_name="answers")
    provider = models.TextField()
    place = models.PositiveSmallIntegerField(help_text="1 is the best; the order on the page.")
    verdict = models.TextField(choices=Verdict.choices)
    reason = models.TextField(blank=True, default="")
    provider_quote_id = models.TextField(blank=True, default="")
    rate = models.DecimalField(max_digits=38, decimal_places=18, null=True, help_text="As the provider named it.")
    source_fee = models.TextField(blank=True, default="", help_text="Major units, as the provider wrote it.")
    target_fee = models.TextField(blank=True, default="")
    effective_rate = models.DecimalField(max_digits=38, decimal_places=18, null=True, help_text="After its fees.")
    target_amount = MinorUnitsField(null=True)
    residual = models.DecimalField(
        max_digits=20, decimal_places=18, null=True, help_text="Part of a target minor unit that rounding down cut off."
    )
    deviation_bps = models.IntegerField(null=True, help_text="From the reference; positive is better for the client.")
    expires_at = models.DateTimeField(null=True)
    elapsed_ms = models.PositiveIntegerField(null=True)
    raw = models.TextField(blank=True, default="", help_text="The answer as received.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["round", "provider"], name="transfers_quote_answer_once_per_provider"),
            models.UniqueConstraint(fields=["round"], condition=Q(verdict="chosen"), name="transfers_quote_answer_one_chosen"),
        ]
