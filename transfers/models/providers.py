"""Who is outside: the providers we ask and pay through, what they deal in, and how much we may ask of them."""

from django.db import models
from django.db.models import Q

from approvals.models.history import Versioned, versions
from audit.identity import new_id
from ledger.fields import MinorUnitsField


class Provider(Versioned):
    """One counterpart. `code` is what calls, quotes, halts and settings name it by.

    The breaker opens when, of at least `breaker_calls` calls in the last `breaker_window_s` seconds, `breaker_percent` failed, and
    lets one call through after `breaker_rest_s`. With `calls_per_minute` zero there is no quota.
    """

    class Kind(models.TextChoices):
        DESK = "desk", "Liquidity desk"
        MANUAL = "manual", "Desk by phone"
        CHAIN = "chain", "Node"
        SIGNER = "signer", "Signer"
        BANK = "bank", "Bank"
        PSP = "psp", "Card processor"

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    enabled = models.BooleanField(default=True)
    calls_per_minute = models.PositiveIntegerField(default=0)
    calls_at_once = models.PositiveIntegerField(default=20)
    breaker_calls = models.PositiveIntegerField(default=5)
    breaker_percent = models.PositiveSmallIntegerField(default=50)
    breaker_window_s = models.PositiveIntegerField(default=60)
    breaker_rest_s = models.PositiveIntegerField(default=30)

    history = versions()

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("open_breaker", "Can take a provider out of use"),
            ("close_breaker", "Can put a provider back into use"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(breaker_calls__gte=1, breaker_percent__gte=1, breaker_percent__lte=100)
                & Q(breaker_window_s__gte=1, breaker_rest_s__gte=1, calls_at_once__gte=1),
                name="transfers_provider_breaker_sane",
            )
        ]


class ProviderTerms(Versioned):
    """A corridor in which a quoting provider deals, and between which amounts. A provider without any terms deals in everything."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="terms")
    corridor = models.ForeignKey("approvals.Corridor", on_delete=models.PROTECT, related_name="+")
    min_amount = MinorUnitsField(default=0, help_text="Of the source asset.")
    max_amount = MinorUnitsField(null=True, help_text="Of the source asset; empty: no upper end.")
    active = models.BooleanField(default=True)

    history = versions()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["provider", "corridor"], name="transfers_provider_terms_once"),
            models.CheckConstraint(
                condition=Q(min_amount__gte=0) & (Q(max_amount=None) | Q(max_amount__gte=models.F("min_amount"))),
                name="transfers_provider_terms_band_in_order",
            ),
        ]


class ProviderState(models.Model):
    """Where a provider's breaker stands (transfers.health.breaker). Without a row it has never failed."""

    provider = models.OneToOneField(Provider, primary_key=True, on_delete=models.PROTECT, related_name="health")
    state = models.TextField(default="closed", choices=[(name, name) for name in ("closed", "open", "half_open")])
    is_manual = models.BooleanField(default=False, help_text="Opened by hand: only by hand is it closed.")
    reason = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField()
    changed_by = models.TextField(blank=True, default="")
    retry_at = models.DateTimeField(null=True, help_text="From when on one call may try.")
    probe_until = models.DateTimeField(null=True, help_text="How long the call that tries has the place.")
    trips = models.PositiveIntegerField(default=0, help_text="Openings since it was last closed; each rests twice as long.")
    last_error = models.TextField(blank=True, default="")
    last_error_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(is_manual=False) | Q(state="open"), name="transfers_provider_by_hand_is_open"),
            models.CheckConstraint(condition=Q(is_manual=False) | ~Q(reason=""), name="transfers_provider_by_hand_has_a_reason"),
        ]


class ManualEntry(models.Model):
    """What a desk by phone said about one transfer, as people entered and others confirmed it. Append-only."""

    class Kind(models.TextChoices):
        QUOTE = "quote"
        DEAL = "deal"
        SETTLEMENT = "settlement"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="entries")
    transfer = models.ForeignKey("transfers.Transfer", on_delete=models.PROTECT, related_name="manual_entries")
    kind = models.TextField(choices=Kind.choices)
    details = models.JSONField(help_text="Figures as decimal strings in major units, times as RFC 3339.")
    evidence = models.TextField(help_text="Where it can be seen: file, message, recording.")
    request = models.OneToOneField("approvals.ApprovalRequest", on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = [("enter_by_hand", "Can enter what a desk by phone said")]
        constraints = [
            models.UniqueConstraint(
                fields=["transfer", "kind"], condition=~Q(kind="quote"), name="transfers_manual_entry_one_deal_and_settlement"
            ),
            models.CheckConstraint(condition=~Q(evidence=""), name="transfers_manual_entry_has_evidence"),
        ]
