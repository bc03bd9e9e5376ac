"""A conversion before it is ordered: its firm price taken apart, and what a promotion would add. Nothing is held, nothing moves."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms

from approvals.models import Client, Corridor
from backoffice.access.models import Operator
from backoffice.console.formats import duration
from ledger import chart
from ledger.models import Account
from transfers.commands.orders import MAX_REFERENCE_LENGTH, WithdrawalOrder
from transfers.commands.promotions import Gift, gift_on
from transfers.errors import Refused
from transfers.models import ConversionSplit, Quote
from transfers.states import Route

OWN_BALANCE = {"type": "own_balance"}


class ConversionForm(forms.Form):
    """`token` is made when the form is drawn: whatever is sent with it becomes one transfer at most."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    corridor = forms.ChoiceField(label="Convert", error_messages={"required": "Choose what is converted into what."})
    amount = forms.CharField(
        max_length=60,
        help_text="What is converted, in major units, such as 1,000.00. Our fee comes on top.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": "Give an amount."},
    )
    reference = forms.CharField(
        required=False,
        max_length=MAX_REFERENCE_LENGTH,
        label="Client's reference",
        help_text="So that the client recognises it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    quote_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, lanes: Iterable[Corridor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["corridor"].choices = [("", "Choose"), *((lane.pk, lane.name) for lane in lanes)]  # type: ignore[attr-defined]

    def clean_amount(self) -> str:
        """Thousands separators are how people write; the order wants none."""
        return str(self.cleaned_data["amount"]).strip().replace(",", "").replace(" ", "")


@dataclass(frozen=True, slots=True)
class PriceTaken:
    """A price as it stands on the page. `split` says what of the market's worth is the client's and what is our spread."""

    quote: Quote
    split: ConversionSplit | None
    gift: Gift | None

    @property
    def is_firm(self) -> bool:
        return self.quote.kind == Quote.Kind.FIRM

    @property
    def rate(self) -> str:
        return _plain(f"{self.quote.rate:f}")

    @property
    def market_rate(self) -> str:
        return _plain(f"{self.split.market_rate:f}") if self.split else ""

    @property
    def life(self) -> str:
        return duration(self.quote.expires_at - self.quote.quoted_at)


def lanes_of(client: Client) -> list[Corridor]:
    """Conversions between two balances that the client has."""
    owned = Account.objects.filter(owner=chart.client_owner(client.pk), kind=chart.AccountKind.CLIENT_MONEY)
    assets = set(owned.values_list("asset_id", flat=True))
    lanes = Corridor.objects.filter(active=True, route=Route.CONVERSION).order_by("id")
    return [lane for lane in lanes if {lane.source_asset_id, lane.target_asset_id} <= assets]


def order_of(*, client: Client, lane: Corridor, given: dict[str, Any], operator: Operator) -> WithdrawalOrder:
    """Raises Refused for an account without a person."""
    if operator.person_id is None:
        raise Refused(
            "invalid_request", "Your account belongs to no person, so nobody could tell who may approve it. Ask an admin."
        )
    return WithdrawalOrder(
        client_id=client.pk,
        source_currency=lane.source_asset_id,
        target_currency=lane.target_asset_id,
        amount=given["amount"],
        destination=OWN_BALANCE,
        corridor=lane.pk,
        reference=given["reference"],
        makers=(operator.person_id,),
        made_by=operator.get_username(),
        made_by_type="operator",
        quote_id=given["quote_id"],
    )


def price_taken(quote: Quote) -> PriceTaken:
    gift = gift_on(quote.corridor_id or "", quote.target_asset_id, int(quote.target_amount))
    return PriceTaken(quote, ConversionSplit.objects.filter(quote=quote).first(), gift)


def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
