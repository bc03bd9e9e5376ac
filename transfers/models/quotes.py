"""Quotes as they were given, and the bank accounts we pay from."""

from django.db import models

from approvals.models.history import Versioned, versions
from audit.identity import new_id
from ledger.fields import MinorUnitsField


class Quote(models.Model):
    """A snapshot, never recomputed. Indicative quotes stand beside an approval; a firm one prices the transfer until
    `expires_at`."""

    class Kind(models.TextChoices):
        INDICATIVE = "indicative"
        FIRM = "firm"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transfer = models.ForeignKey("transfers.Transfer", null=True, on_delete=models.PROTECT, related_name="quotes")
    kind = models.TextField(choices=Kind.choices)
    provider = models.TextField()
    provider_quote_id = models.TextField(blank=True, default="")
    source_asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    target_asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    source_amount = MinorUnitsField()
    target_amount = MinorUnitsField()
    fee_amount = MinorUnitsField(help_text="Client fee in the source asset.")
    network_fee_estimate = MinorUnitsField(default=0, help_text="In the gas asset; borne by the house.")
    rate = models.DecimalField(
        max_digits=38, decimal_places=18, help_text="Target major units for one source major unit, after the provider's fees."
    )
    client = models.ForeignKey(
        "approvals.Client", null=True, on_delete=models.PROTECT, related_name="+", help_text="Who asked for it over the API."
    )
    corridor = models.ForeignKey("approvals.Corridor", null=True, on_delete=models.PROTECT, related_name="+")
    round = models.ForeignKey(
        "transfers.QuoteRound", null=True, on_delete=models.PROTECT, related_name="quotes", help_text="Who else was asked."
    )
    raw = models.TextField(blank=True, default="", help_text="The provider's answer as received.")
    quoted_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class BankAccount(Versioned):
    """A pre-funded nostro of ours that payouts leave from."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.TextField()
    provider = models.TextField(help_text="Registered bank rail provider.")
    iban = models.TextField(unique=True)
    bic = models.TextField()
    holder = models.TextField()
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    account_code = models.TextField(help_text="Ledger account of the nostro.")
    gather_s = models.PositiveIntegerField(
        default=0, help_text="Payouts are gathered for so many seconds and handed over as one message; 0: each by itself."
    )
    calendar_code = models.TextField(
        blank=True, default="", help_text="Calendar of the rail it pays over; empty: open at any time."
    )

    history = versions()
