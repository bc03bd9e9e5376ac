"""A price for a client that asks for one: indicative, or firm and then good for one transfer until it runs out.

Nothing is held and nothing is moved. What a client may see is the price and until when; whose desk it is, is ours to know.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from approvals.commands.halts import check_halts
from approvals.errors import Halted
from approvals.models import Corridor
from audit import clock
from transfers.bounds import minimum_target
from transfers.commands import pricing
from transfers.commands.orders import Understood, amount_of, client_of, lanes_between
from transfers.commands.pricing import Price
from transfers.errors import Refused, Stopped, Unavailable, Waiting
from transfers.models import ConversionSplit, Quote, Transfer
from transfers.pricing.offers import SHORTEST_LIFE
from transfers.rails.base import RailError
from transfers.states import CONVERTING


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteWish:
    """`amount` in major units of the source asset as text."""

    client_id: str
    source_currency: str
    target_currency: str
    amount: str
    corridor: str | None = None
    firm: bool = True


def give_quote(wish: QuoteWish) -> Quote:
    """Raises Refused (unsupported_currency, corridor_ambiguous, invalid_amount, a halt's code) and Unavailable while nobody can
    price it."""
    client = client_of(wish.client_id)
    corridor = _corridor(wish)
    amount = amount_of(wish.amount, corridor.source_asset_id)
    _check_halts(client.id, corridor)
    try:
        offer = pricing.price(corridor, amount)
    except (RailError, Waiting) as error:
        raise Unavailable(f"We cannot price this at the moment: {error}") from error
    kind = Quote.Kind.FIRM if wish.firm and offer.is_firm else Quote.Kind.INDICATIVE
    return pricing.store(offer, transfer=None, kind=kind, client_id=client.id)


@dataclass(frozen=True, slots=True)
class Shown:
    """The price that stands beside an order's bounds, and the client's quote that it comes from, if the order names one."""

    price: Price | None
    named: Quote | None = None

    def least(self, understood: Understood) -> int:
        """The least that the destination may get; on chain it gets what was ordered."""
        if self.price is None or understood.route not in CONVERTING:
            return understood.amount
        return minimum_target(self.price.target_amount, slippage_bps=understood.corridor.slippage_bps)


def price_for(understood: Understood, quote_id: UUID | None) -> Shown:
    """A conversion shows a price; a withdrawal on chain brings what it says. Raises Refused and Unavailable."""
    if quote_id is not None:
        named = named_quote(quote_id, understood)
        return Shown(as_price(named), named)
    if understood.route not in CONVERTING:
        return Shown(None)
    try:
        return Shown(pricing.price(understood.corridor, understood.amount))
    except (RailError, Waiting) as error:
        raise Unavailable(f"We cannot price this conversion at the moment: {error}") from error


def named_quote(quote_id: UUID, understood: Understood) -> Quote:
    """The client's own firm quote that an order names. Raises Refused: invalid_quote, quote_expired."""
    quote = Quote.objects.select_related("corridor").filter(pk=quote_id, client=understood.client, kind=Quote.Kind.FIRM).first()
    if quote is None:
        raise _invalid("There is no firm quote of yours with this id.")
    if (quote.corridor_id, int(quote.source_amount)) != (understood.corridor.id, understood.amount):
        raise _invalid("The quote was given for another amount or another corridor.")
    if Transfer.objects.filter(named_quote=quote).exists():
        raise _invalid("The quote was used for another transfer already; ask for a new one.")
    if not is_alive(quote):
        raise Refused(
            "quote_expired",
            f"The quote was good until {quote.expires_at:%H:%M:%S} UTC; ask for a new one.",
            {"quote_id": "Run out."},
        )
    return quote


def is_alive(quote: Quote) -> bool:
    return quote.expires_at > clock.now() + SHORTEST_LIFE


def as_price(quote: Quote) -> Price:
    """The quote exactly as it was given."""
    return Price(
        provider=quote.provider,
        provider_quote_id=quote.provider_quote_id,
        source_asset=quote.source_asset_id,
        target_asset=quote.target_asset_id,
        source_amount=int(quote.source_amount),
        target_amount=int(quote.target_amount),
        fee=int(quote.fee_amount),
        network_fee=int(quote.network_fee_estimate),
        rate=quote.rate,
        raw=quote.raw,
        expires_at=quote.expires_at,
        corridor_id=quote.corridor_id or "",
        round_id=quote.round_id,
        split=_split_of(quote),
    )


def _split_of(quote: Quote) -> ConversionSplit | None:
    """A copy for the quote that is made of this one."""
    kept = ConversionSplit.objects.filter(quote=quote).first()
    if kept is None:
        return None
    return ConversionSplit(
        market_rate=kept.market_rate,
        spread_bps=kept.spread_bps,
        market_amount=kept.market_amount,
        client_amount=kept.client_amount,
        spread_amount=kept.spread_amount,
        rounding_amount=kept.rounding_amount,
    )


def _corridor(wish: QuoteWish) -> Corridor:
    fitting = lanes_between(wish.source_currency, wish.target_currency, wish.corridor)
    if len(fitting) == 1:
        return fitting[0]
    pair = f"{wish.source_currency} to {wish.target_currency}"
    if not fitting:
        field = "corridor" if wish.corridor else "target_currency"
        raise Refused("unsupported_currency", f"We have no corridor from {pair}.", {field: f"No active corridor for {pair}."})
    names = ", ".join(lane.id for lane in fitting)
    raise Refused("corridor_ambiguous", f"More than one corridor fits: {names}. Name one.", {"corridor": f"Use one of {names}."})


def _check_halts(client_id: str, corridor: Corridor) -> None:
    try:
        with transaction.atomic():
            assets = (corridor.source_asset_id, corridor.target_asset_id)
            check_halts(client_id=client_id, asset_ids=assets, corridor_id=corridor.id)
    except Halted as halted:
        raise Stopped(halted.code, halted.sentence) from halted


def _invalid(words: str) -> Refused:
    return Refused("invalid_quote", words, {"quote_id": words})
