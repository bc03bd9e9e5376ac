"""One round of quotes: everybody who may be asked is asked at once, within the time there is, and the whole round is kept.

It stands on its own: what somebody offered is on record whatever becomes of the transfer that it was asked for.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction

from approvals.models import Corridor
from audit import clock, context
from audit.identity import new_id
from ledger.queries import unit
from transfers.commands.exchanges import gathered, round_key, under
from transfers.errors import Refused, Waiting
from transfers.models import QuoteAnswer, QuoteRound, Transfer
from transfers.pricing import offers
from transfers.pricing.admission import admitted, tell
from transfers.pricing.eligible import eligible
from transfers.pricing.judging import Asked, Judged, Verdict, judge
from transfers.pricing.offers import Offer
from transfers.pricing.phone import expected, heard_of
from transfers.pricing.reference import Reference, reference
from transfers.rails.asking import Heard, ask_all
from transfers.rails.desk import DeskQuote
from transfers.rails.desk_order import DeskOrder
from transfers.rails.registry import rails

NO_QUOTE = "no_quote"
# How long an expectation of a desk by phone stands beside an order.
CALLED_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best honest offer of a round; not firm where a desk by phone has yet to be called."""

    round: QuoteRound
    offer: Offer
    is_firm: bool = True


def collect(corridor: Corridor, amount: int, *, transfer: Transfer | None = None) -> Chosen:
    """The best price for `amount` minor units of the corridor's source asset.

    Raises Waiting (no reference rate that is fresh enough, or nobody gave a price that can be used) and Refused (everybody who
    could be asked says that they do not deal in it). Must run outside any database transaction that matters: it waits for others.
    """
    asked, held_against = _question(corridor, amount)
    who = admitted(eligible(corridor, amount))
    round_id, started = new_id(), time.monotonic()
    with under(round_key(round_id)), gathered():
        heard = ask_all(_questions(asked, who.asked), budget_s=settings.QUOTE_BUDGET)  # seconds
    elapsed_ms = int((time.monotonic() - started) * 1000)
    judged = judge(asked, heard | heard_of(who.phones, asked, transfer), now=clock.now())
    tell(judged, heard, who.probes)
    passed_over = [Judged(provider=code, verdict=Verdict.NOT_ASKED, reason=why) for code, why in who.passed_over.items()]
    everything = [*judged, *passed_over]
    kept = _keep(round_id, corridor, asked, held_against, everything, elapsed_ms=elapsed_ms, transfer=transfer)
    best = everything[0] if everything and everything[0].verdict == Verdict.CHOSEN else None
    if best is not None and best.offer is not None:
        return Chosen(kept, best.offer)
    awaited = next((one for one in everything if one.verdict == Verdict.AWAITED), None)
    if awaited is None:
        raise _nobody(corridor, everything, heard)
    if transfer is not None:
        raise Waiting("manual_quote_awaited", f"{awaited.provider}: {awaited.reason}")
    return Chosen(kept, expected(awaited.provider, asked, expires_at=clock.now() + CALLED_WITHIN), is_firm=False)


def _question(corridor: Corridor, amount: int) -> tuple[Asked, Reference]:
    source, target = unit(corridor.source_asset_id), unit(corridor.target_asset_id)
    held_against = reference(source.code, target.code)
    asked = Asked(
        source=source,
        source_amount=amount,
        target=target,
        reference=held_against.rate,
        tolerance_bps=corridor.outlier_bps,
    )
    return asked, held_against


def _questions(asked: Asked, providers: tuple[str, ...]) -> dict[str, Callable[[], DeskQuote]]:
    return {
        code: partial(
            rails().desks[code].quote,
            DeskOrder(
                source_currency=asked.source.code,
                target_currency=asked.target.code,
                source_amount_minor=asked.source_amount,
                source_exponent=asked.source.exponent,
            ),
        )
        for code in providers
    }


def _keep(
    round_id: UUID,
    corridor: Corridor,
    asked: Asked,
    held_against: Reference,
    judged: list[Judged],
    *,
    elapsed_ms: int,
    transfer: Transfer | None,
) -> QuoteRound:
    with transaction.atomic():
        kept = QuoteRound.objects.create(
            id=round_id,
            corridor=corridor,
            transfer=transfer,
            source_amount=asked.source_amount,
            reference_rate=offers.plain(held_against.rate),
            reference_at=held_against.observed_at,
            reference_from=held_against.words,
            tolerance_bps=asked.tolerance_bps,
            budget_ms=int(settings.QUOTE_BUDGET * 1000),
            elapsed_ms=elapsed_ms,
            correlation_id=transfer.correlation_id if transfer else context.current().correlation_id,
            asked_at=clock.now(),
        )
        QuoteAnswer.objects.bulk_create(_answer(kept, asked, place, one) for place, one in enumerate(judged, start=1))
    return kept


def _answer(kept: QuoteRound, asked: Asked, place: int, one: Judged) -> QuoteAnswer:
    answer = QuoteAnswer(
        round=kept,
        provider=one.provider,
        place=place,
        verdict=one.verdict,
        reason=one.reason,
        elapsed_ms=one.elapsed_ms,
        raw=one.raw,
    )
    if one.offer is not None:
        answer.provider_quote_id = one.offer.quote_id
        answer.rate = offers.plain(Fraction(one.offer.rate))
        answer.source_fee, answer.target_fee = f"{one.offer.source_fee:f}", f"{one.offer.target_fee:f}"
        answer.effective_rate = offers.plain(one.offer.effective)
        answer.target_amount = one.offer.target_amount
        answer.residual = offers.plain(one.offer.residual)
        answer.deviation_bps = _within_column(offers.deviation_bps(one.offer.effective, asked.reference))
        answer.expires_at = one.offer.expires_at
    return answer


def _within_column(bps: int) -> int:
    """A lie of any size fits: the raw answer keeps it exactly."""
    return max(min(bps, 2**31 - 1), -(2**31))


def _nobody(corridor: Corridor, judged: list[Judged], heard: Mapping[str, Heard[DeskQuote]]) -> Exception:
    if heard and all(one.verdict == Verdict.REFUSED for one in judged if one.provider in heard):
        return Refused("unsupported_currency", f"This conversion is not offered at the moment: {judged[0].reason}")
    said = "; ".join(f"{one.provider}: {one.reason}" for one in judged)
    return Waiting(NO_QUOTE, f"nobody gives a price for {corridor.id} that can be used: {said or 'there is no provider'}")
