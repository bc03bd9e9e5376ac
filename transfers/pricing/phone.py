"""Desks by phone in a round of quotes, and before funds are locked: what people entered, or that somebody has to."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.db.models import QuerySet

from audit import clock
from transfers.errors import Waiting
from transfers.models import ManualEntry, Provider, Transfer
from transfers.pricing.judging import Asked
from transfers.pricing.offers import SHORTEST_LIFE, Offer, plain
from transfers.rails.asking import Heard
from transfers.rails.desk import DeskQuote
from transfers.rails.desk_order import DeskOrder
from transfers.rails.manual import AwaitingEntry, ManualRail

_BPS = 10_000
Kind = ManualEntry.Kind


class EnteredBook:
    """The book of `transfers.rails.manual`, kept in the database."""

    def quote(self, provider: str, reference: str) -> DeskQuote | None:
        found = _entries(provider, reference, Kind.QUOTE).order_by("-entered_at").first()
        quote = None if found is None else quote_of(str(found.id), found.details)
        return None if quote is None or quote.expires_at < clock.now() + SHORTEST_LIFE else quote

    def trade_id(self, provider: str, reference: str) -> str:
        found = _entries(provider, reference, Kind.DEAL).first()
        return "" if found is None else str(found.details["trade_id"])

    def is_settled(self, provider: str, reference: str) -> bool:
        return _entries(provider, reference, Kind.SETTLEMENT).exists()


def rail_of(provider: str) -> ManualRail:
    return ManualRail(provider, EnteredBook())


def quote_of(quote_id: str, details: dict[str, str]) -> DeskQuote:
    """An entered quote in the shape of every other."""
    return DeskQuote(
        quote_id=quote_id,
        rate=Decimal(details["rate"]),
        source_amount=Decimal(details["source_amount"]),
        target_amount=Decimal(details["target_amount"]),
        expires_at=datetime.fromisoformat(details["expires_at"]),
        raw="\n".join(f"{name}: {value}" for name, value in sorted(details.items())),
    )


def heard_of(phones: Iterable[str], asked: Asked, transfer: Transfer | None) -> dict[str, Heard[DeskQuote]]:
    """What is entered by now. Before there is a transfer nobody can have called about it."""
    return {code: _heard(code, asked, transfer) for code in phones}


def _heard(code: str, asked: Asked, transfer: Transfer | None) -> Heard[DeskQuote]:
    if transfer is None:
        words = "it is called once there is an order"
        return Heard(None, AwaitingEntry(words, provider=code, code="manual_quote_awaited"), 0)
    order = DeskOrder(
        reference=transfer.reference,
        source_currency=asked.source.code,
        target_currency=asked.target.code,
        source_amount_minor=asked.source_amount,
        source_exponent=asked.source.exponent,
    )
    try:
        return Heard(rail_of(code).quote(order), None, 0)
    except AwaitingEntry as awaited:
        return Heard(None, awaited, 0)


def expected(provider: str, asked: Asked, *, expires_at: datetime) -> Offer:
    """What a desk by phone will bring at least, for the bounds of an order: the reference less what is tolerated. Binds nobody."""
    rate = asked.reference * (_BPS - asked.tolerance_bps) / _BPS
    exact = Fraction(asked.source_amount, 10**asked.source.exponent) * rate * 10**asked.target.exponent
    return Offer(
        provider=provider,
        quote_id="",
        source_amount=asked.source_amount,
        target_amount=exact.numerator // exact.denominator,
        rate=plain(rate),
        effective=rate,
        source_fee=Decimal(0),
        target_fee=Decimal(0),
        residual=Fraction(0),
        expires_at=expires_at,
        raw="",
    )


def is_by_phone(transfer: Transfer) -> bool:
    """Whether the transfer's price is that of a desk by phone."""
    provider = transfer.quote.provider if transfer.quote else ""
    return Provider.objects.filter(pk=provider, kind=Provider.Kind.MANUAL).exists()


def trade_of(transfer: Transfer) -> str:
    """The number of its deal; empty where the price needs none. Raises Waiting until the deal is entered."""
    if transfer.quote is None or not is_by_phone(transfer):
        return ""
    trade_id = EnteredBook().trade_id(transfer.quote.provider, transfer.reference)
    if not trade_id:
        words = f"close the deal with {transfer.quote.provider} by phone and enter its number"
        raise Waiting("manual_deal_awaited", words)
    return trade_id


def is_dealt(transfer: Transfer) -> bool:
    """A deal that was closed binds, also when the quote has run out since."""
    return transfer.quote is not None and bool(EnteredBook().trade_id(transfer.quote.provider, transfer.reference))


def _entries(provider: str, reference: str, kind: str) -> QuerySet[ManualEntry]:
    return ManualEntry.objects.filter(provider_id=provider, transfer__reference=reference, kind=kind)
