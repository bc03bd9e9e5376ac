"""Handing a batch of payouts to the bank as one message: intent, call, outcome, by whichever member's driver comes first.

The intent fixes the content; from then on the same bytes go out under the same MsgId, however often and by whom. After a lost
answer the bank is asked about one order: only when it never saw that one is the message handed over again, without those that
people have ended meanwhile or a halt stops. What the answer does not say about an order is asked by its EndToEndId.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from audit import clock, context
from transfers import locks
from transfers.commands import moves
from transfers.commands.advance.batch_content import fix_content, still_going
from transfers.commands.advance.payout_order import read_back
from transfers.commands.exchanges import batch_key, of_many
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict
from transfers.models import Leg, PayoutBatch
from transfers.rails.bank import BatchAnswer, CreditTransfer
from transfers.rails.base import RailError, TerminalError, UnknownOutcome
from transfers.rails.registry import rails
from transfers.states import Status

State = PayoutBatch.Status
LEASE = timedelta(seconds=60)
DONE = (State.ANSWERED, State.EMPTY)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to hand the batch over. `resumed`: somebody had begun before, so the bank may have it."""

    batch: PayoutBatch
    fence: int
    resumed: bool


def hand_over(batch_id: UUID) -> PayoutBatch | None:
    """The batch when the bank has answered, or nobody is left in it; None while somebody else is at it. Raises Conflict and the
    rails' errors; doing it again is safe."""
    crashpoint("batch.before_intent")
    claim = _commit_intent(batch_id)
    if claim is None or claim.batch.status in DONE:
        return claim.batch if claim else None
    crashpoint("batch.after_intent")
    answer = _asked_first(claim) or _submitted(claim, _orders(claim))
    crashpoint("batch.after_submit")
    with transaction.atomic():
        _keep(claim, answer)
        crashpoint("batch.before_commit")
    crashpoint("batch.after_commit")
    return PayoutBatch.objects.get(pk=batch_id)


def _commit_intent(batch_id: UUID) -> Claim | None:
    with transaction.atomic():
        # Only who fixes the content needs its members; later everybody in it comes by.
        waiting = PayoutBatch.objects.filter(pk=batch_id, status__in=(State.OPEN, State.FULL)).exists()
        members = locks.batch_members(batch_id) if waiting else []
        batch = PayoutBatch.objects.select_for_update().get(pk=batch_id)
        if batch.status in DONE:
            return Claim(batch, batch.fence, resumed=False)
        if PayoutBatch.objects.filter(pk=batch.pk, lease_until__gt=Now()).exists():
            return None
        resumed = batch.status == State.SENT
        if not resumed:
            if batch.legs.count() != len(members):
                return None
            fix_content(batch, members)
        PayoutBatch.objects.filter(pk=batch.pk).update(lease_until=Now() + LEASE, fence=F("fence") + 1)
        batch.refresh_from_db()
        return Claim(batch, batch.fence, resumed=resumed)


def _orders(claim: Claim) -> list[CreditTransfer]:
    """Those of its content that are paid with it. Of what the bank has never had, who is left out never comes back."""
    orders = [read_back(request) for request in claim.batch.content or ()]
    if not claim.resumed:
        return orders
    inside = Leg.objects.filter(batch=claim.batch, transfer__status=Status.CONFIRMED)
    going = set(inside.values_list("reference", flat=True))
    return [order for order in orders if order.end_to_end_id in going]


def _asked_first(claim: Claim) -> BatchAnswer | None:
    """Where somebody had begun before: a message is taken whole or not at all, so one order tells of all that were in it. None when
    the bank never saw it."""
    orders = _orders(claim) if claim.resumed else []
    if not orders:
        return None
    try:
        with of_many(batch_key(claim.batch.message_id)):
            answer = rails().bank_of(claim.batch.bank_account.provider).status(orders[0].end_to_end_id)
    except RailError:
        _give_back(claim)
        raise
    if answer.status != "NOTFOUND":
        return BatchAnswer({}, "", answer.raw_response)
    _ask_members_again(claim)
    return None


def _ask_members_again(claim: Claim) -> None:
    with transaction.atomic():
        members = locks.batch_members(claim.batch.pk)
        mine = PayoutBatch.objects.select_for_update().filter(pk=claim.batch.pk, fence=claim.fence, status=State.SENT).first()
        if mine is None:
            raise Conflict(f"batch {claim.batch.message_id} was taken over by somebody else")
        still_going(mine, members)


def _submitted(claim: Claim, orders: Sequence[CreditTransfer]) -> BatchAnswer:
    if not orders:
        return BatchAnswer({}, "", "")
    try:
        with of_many(batch_key(claim.batch.message_id)):
            return (
                rails()
                .bank_of(claim.batch.bank_account.provider)
                .submit_many(orders, created_at=claim.batch.sent_at or clock.now())
            )
    except TerminalError as error:
        # The bank refused the message itself, so it holds none of its orders: the same as a rejection of each.
        return BatchAnswer({order.end_to_end_id: ("RJCT", str(error), "") for order in orders}, "", str(error))
    except UnknownOutcome:
        _unanswered(claim)
        raise
    except RailError:
        _give_back(claim)
        raise


def _unanswered(claim: Claim) -> None:
    """Nobody knows whether the bank has the message, and so it is said of each order in it; who comes by next asks."""
    with transaction.atomic():
        members = locks.batch_members(claim.batch.pk)
        mine = PayoutBatch.objects.filter(pk=claim.batch.pk, fence=claim.fence, status=State.SENT)
        if not mine.update(lease_until=None):
            return
        for leg in members:
            if leg.transfer.status == Status.CONFIRMED:
                with context.bind(context.current().actor, correlation_id=leg.transfer.correlation_id):
                    moves.unanswered(leg.transfer, leg)


def _give_back(claim: Claim) -> None:
    PayoutBatch.objects.filter(pk=claim.batch.pk, fence=claim.fence).update(lease_until=None)


def _keep(claim: Claim, answer: BatchAnswer) -> None:
    mine = PayoutBatch.objects.filter(pk=claim.batch.pk, fence=claim.fence, status=State.SENT)
    kept = mine.update(
        status=State.ANSWERED,
        answer=answer.raw_response,
        verdicts={name: list(verdict) for name, verdict in answer.verdicts.items()},
        answered_at=clock.now(),
        lease_until=None,
    )
    if kept != 1:
        raise Conflict(f"batch {claim.batch.message_id} was taken over by somebody else")
