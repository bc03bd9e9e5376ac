"""QUOTED to CONFIRMED for a conversion: the price that was locked is the price it is carried out at, in one posting."""

from django.db import transaction

from audit import clock
from ledger.commands import post
from transfers import locks
from transfers.commands import moves, promotions
from transfers.commands.advance.permit import permit
from transfers.commands.authority import use
from transfers.commands.expire import expire_locked
from transfers.conversion import postings
from transfers.conversion.postings import ConversionFacts
from transfers.conversion.terms import Split
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict
from transfers.locks import Lease
from transfers.models import ConversionSplit, Transfer
from transfers.postings import dimensions
from transfers.states import MoneyState, RequestState, Status


def lock_conversion(lease: Lease) -> None:
    """QUOTED to FUNDS_LOCKED, or back for another quote. The fee never changes after the order, so the hold stays as it is.

    Raises LeaseLost, Halted, Unproven.
    """
    with transaction.atomic():
        transfer = locks.leased(lease, Status.QUOTED)
        if expire_locked(transfer):
            return
        if transfer.quote is None or transfer.quote.expires_at <= clock.now():
            moves.move(transfer, Status.CREATED, reason="The quote ran out before the funds were locked.", due_at=clock.now())
            return
        permit(transfer, provider=transfer.quote.provider)
        held = {"held": str(transfer.source_amount + transfer.fee_amount)}
        moves.move(transfer, Status.FUNDS_LOCKED, data=held, due_at=clock.now())
        crashpoint("convert.before_lock_commit")
    crashpoint("convert.after_lock_commit")


def execute_conversion(lease: Lease) -> None:
    """FUNDS_LOCKED to CONFIRMED. Raises LeaseLost, Halted, Unproven."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        if expire_locked(transfer):
            return
        use(permit(transfer))
        _execute(transfer)
        crashpoint("convert.before_commit")
    crashpoint("convert.after_commit")


def _execute(transfer: Transfer) -> None:
    facts, now = facts_of(transfer), clock.now()
    posting = postings.conversion(facts, value_at=now)
    gift = promotions.cashback_for(transfer, facts.split.client)
    told = {"cashback": str(gift.amount), "promotion": gift.promotion} if gift else {}
    moves.move(
        transfer,
        Status.CONFIRMED,
        data={"posting": posting.reference, "spread": str(facts.split.spread), "rounding": str(facts.split.rounding), **told},
        money_state=MoneyState.POSTED,
        request_state=RequestState.RESPONDED,
        due_at=None,
    )
    post(posting)
    if gift:
        promotions.pay(gift, transfer, facts, value_at=now)


def facts_of(transfer: Transfer) -> ConversionFacts:
    """From the split that was stored with the firm quote; nothing is worked out again. Raises Conflict without a quote."""
    if transfer.quote is None:
        raise Conflict(f"transfer {transfer.id} has no quote to be carried out at")
    kept = ConversionSplit.objects.get(quote=transfer.quote)
    return ConversionFacts(
        transfer_id=transfer.id,
        reference=transfer.reference,
        client_id=transfer.client_id,
        source_asset=transfer.source_asset_id,
        target_asset=transfer.target_asset_id,
        principal=transfer.source_amount,
        fee=transfer.fee_amount,
        split=Split(int(kept.market_amount), int(kept.client_amount), int(kept.spread_amount), int(kept.rounding_amount)),
        hold_reference=transfer.hold_reference,
        dimensions=dimensions(transfer.client_id, transfer.corridor_id or ""),
    )
