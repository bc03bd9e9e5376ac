"""From what each provider said to a verdict on it. Pure apart from the types it reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from ledger.money import AssetUnit
from transfers.models import QuoteAnswer
from transfers.pricing import offers
from transfers.pricing.offers import Disbelieved, Offer, TooDear
from transfers.rails.asking import Heard
from transfers.rails.base import TerminalError
from transfers.rails.desk import DeskQuote, Unreadable
from transfers.rails.manual import AwaitingEntry

Verdict = QuoteAnswer.Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked, and what the answers are held against."""

    source: AssetUnit
    source_amount: int
    target: AssetUnit
    reference: Fraction
    tolerance_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`offer` whenever the figures could be read, also when they are not believed; `is_lie` when that is the provider's fault."""

    provider: str
    verdict: QuoteAnswer.Verdict
    reason: str = ""
    offer: Offer | None = None
    elapsed_ms: int | None = None
    raw: str = ""
    is_lie: bool = False


def judge(asked: Asked, heard: Mapping[str, Heard[DeskQuote]], *, now: datetime) -> list[Judged]:
    """Best first, then those that cannot be used in the order they were asked. At most the first is `chosen`."""
    judged = [_one(asked, provider, answer, now) for provider, answer in heard.items()]
    usable = {one.provider: one for one in judged if one.verdict == Verdict.USABLE}
    best = [usable[offer.provider] for offer in offers.ranked(one.offer for one in usable.values() if one.offer)]
    return [*map(_chosen, best[:1]), *best[1:], *(one for one in judged if one.verdict != Verdict.USABLE)]


def _chosen(best: Judged) -> Judged:
    return Judged(provider=best.provider, verdict=Verdict.CHOSEN, offer=best.offer, elapsed_ms=best.elapsed_ms, raw=best.raw)


def _one(asked: Asked, provider: str, answer: Heard[DeskQuote], now: datetime) -> Judged:
    if answer.value is None:
        return _silent(provider, answer)
    raw, offer = answer.value.raw, None
    try:
        offer = offers.read(
            answer.value, provider=provider, source=asked.source, source_amount=asked.source_amount, target=asked.target
        )
        offers.check(offer, reference=asked.reference, tolerance_bps=asked.tolerance_bps, now=now)
    except Disbelieved as lie:
        return Judged(
            provider=provider,
            verdict=Verdict.REJECTED,
            reason=str(lie),
            offer=offer,
            elapsed_ms=answer.elapsed_ms,
            raw=raw,
            is_lie=not isinstance(lie, TooDear),
        )
    return Judged(provider=provider, verdict=Verdict.USABLE, offer=offer, elapsed_ms=answer.elapsed_ms, raw=raw)


def _silent(provider: str, answer: Heard[DeskQuote]) -> Judged:
    error = answer.error
    if answer.is_late:
        verdict = Verdict.LATE
    elif isinstance(error, TerminalError):
        verdict = Verdict.REFUSED
    elif isinstance(error, AwaitingEntry):
        verdict = Verdict.AWAITED
    elif isinstance(error, Unreadable):
        verdict = Verdict.REJECTED
    else:
        verdict = Verdict.FAILED
    raw = error.raw if isinstance(error, Unreadable) else ""
    return Judged(provider=provider, verdict=verdict, reason=str(error)[:500], elapsed_ms=answer.elapsed_ms, raw=raw)
