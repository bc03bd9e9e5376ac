"""What a provider's quote comes to, worked out exactly and judged. Pure: no database, no clock, no network.

All arithmetic is on integers and fractions. The provider's own target amount is what the destination gets; it is believed only when
its rate and its fees lead to the same amount, and when its rate is near the reference.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction

from ledger.money import AssetUnit
from transfers.bounds import BASIS_POINTS
from transfers.rails.desk import DeskQuote

RATE_PLACES = 18
# A quote that is over before anybody could act on it is none.
SHORTEST_LIFE = timedelta(seconds=2)
# What fits the columns that keep it; no market quotes beyond.
_HIGHEST_RATE = Fraction(10**15)
_LOWEST_RATE = Fraction(1, 10**15)
_EXACT = Context(prec=60)


class Disbelieved(ValueError):
    """The quote contradicts itself or the market; the message says how, for the operator."""


class TooDear(Disbelieved):
    """Honest, but its fees take so much that nobody would want it: that is no fault of the provider's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A quote whose figures agree with each other. Amounts are minor units, the fees included in `target_amount`.

    `effective` is target major units for one source major unit after all fees, before rounding; `residual` is the part of a target
    minor unit that rounding down leaves with the provider.
    """

    provider: str
    quote_id: str
    source_amount: int
    target_amount: int
    rate: Decimal
    effective: Fraction
    source_fee: Decimal
    target_fee: Decimal
    residual: Fraction
    expires_at: datetime
    raw: str


def read(quote: DeskQuote, *, provider: str, source: AssetUnit, source_amount: int, target: AssetUnit) -> Offer:
    """The quote in our units. Raises Disbelieved: negative or devouring fees, a rate no market has, an amount that its rate and
    fees do not lead to."""
    rate, source_fee, target_fee = Fraction(quote.rate), Fraction(quote.source_fee), Fraction(quote.target_fee)
    if source_fee < 0 or target_fee < 0:
        raise Disbelieved("its fee is negative")
    if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        raise Disbelieved("its rate is beyond anything a market quotes")
    given = Fraction(source_amount, 10**source.exponent)
    net = (given - source_fee) * rate - target_fee
    if net <= 0:
        raise Disbelieved("its fees eat up the amount")
    exact, said = net * 10**target.exponent, Fraction(quote.target_amount) * 10**target.exponent
    if abs(exact - said) > 1:
        raise Disbelieved(f"its amount {quote.target_amount} is not what its rate and fees lead to ({plain(net, 8)})")
    whole = said.numerator // said.denominator
    if whole <= 0:
        raise Disbelieved("it would bring nothing")
    return Offer(
        provider=provider,
        quote_id=quote.quote_id,
        source_amount=source_amount,
        target_amount=whole,
        rate=quote.rate,
        effective=net / given,
        source_fee=quote.source_fee,
        target_fee=quote.target_fee,
        residual=max(exact - whole, Fraction(0)),
        expires_at=quote.expires_at,
        raw=quote.raw,
    )


def deviation_bps(effective: Fraction, reference: Fraction) -> int:
    """How far `effective` is from the reference, in basis points, away from zero: better for the client is positive."""
    exact = (effective - reference) * BASIS_POINTS / reference
    return exact.numerator // exact.denominator if exact < 0 else -(-exact.numerator // exact.denominator)


def check(offer: Offer, *, reference: Fraction, tolerance_bps: int, now: datetime) -> None:
    """Raises Disbelieved for a quote that is over, or whose rate is too far from the reference in either direction: one that is too
    good is a mistake that nobody will stand by. Raises TooDear when it is its fees that take it too far."""
    if offer.expires_at < now + SHORTEST_LIFE:
        raise Disbelieved("it has run out already")
    away = deviation_bps(Fraction(offer.rate), reference)
    if abs(away) > tolerance_bps:
        side = "above" if away > 0 else "below"
        raise Disbelieved(f"its rate is {abs(away)} basis points {side} the reference; {tolerance_bps} are tolerated")
    if (after_fees := deviation_bps(offer.effective, reference)) < -tolerance_bps:
        raise TooDear(f"after its fees it is {-after_fees} basis points below the reference; {tolerance_bps} are tolerated")


def ranked(offers: Iterable[Offer]) -> list[Offer]:
    """Best first: what brings the destination most. Equals are told apart by exact rate, by time left, and by name."""
    return sorted(offers, key=lambda offer: (-offer.target_amount, -offer.effective, -offer.expires_at.timestamp(), offer.provider))


def plain(value: Fraction, places: int = RATE_PLACES) -> Decimal:
    """`value` as a decimal with `places` decimals, the rest cut off."""
    whole = value.numerator * 10**places // value.denominator
    return _EXACT.scaleb(Decimal(whole), -places).quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN, context=_EXACT)
