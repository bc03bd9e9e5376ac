"""Recalling a payment that is signed, or even sent, but not mined: its nonce is used up by a transaction that pays nobody.

Nothing is given back before that transaction is final. The payment may still win the race; then it is paid, and the recall has
come too late.
"""

from uuid import UUID

from django.db import transaction

from audit import clock
from transfers import locks, machines
from transfers.commands import moves
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.ending import paid_beside_the_chain, past_no_return
from transfers.commands.wake import wake_after_commit
from transfers.crashpoints import crashpoint
from transfers.errors import Conflict, Refused
from transfers.models import ChainTransaction, Leg, Transfer, WalletReservation
from transfers.states import Route, Status

RECALLABLE = (Status.FUNDS_LOCKED, Status.SENT_ON_CHAIN, Status.DROPPED)


def why_not_recall(transfer: Transfer) -> str:
    """The reason why it cannot be recalled now, as a sentence; empty when it can."""
    if not machines.reaches(Route(transfer.route), transfer.machine_version, Status.SENT_ON_CHAIN):
        return "No payment of it goes over a blockchain."
    if transfer.status not in RECALLABLE:
        return "Only a payment that is signed and not yet in a block can be recalled."
    legs = {leg.rail: leg for leg in Leg.objects.filter(transfer=transfer)}
    if transfer.status == Status.FUNDS_LOCKED and not past_no_return(legs):
        return "Nothing is committed yet: cancel it instead."
    if paid_beside_the_chain(legs):
        return "The bank was ordered to pay out already: the payment on chain has to go through."
    if WalletReservation.objects.filter(leg__transfer=transfer).exclude(recalled_at=None).exists():
        return "It is being recalled already."
    if ChainTransaction.objects.filter(leg__transfer=transfer, block_number__isnull=False).exists():
        return "It is in a block already: it will be paid."
    return ""


def recall(transfer_id: UUID, reason: str) -> Transfer:
    """Ask for its nonce to be used up without paying. Repeating it changes nothing.

    Raises NotFound; Refused without a reason; Conflict when there is nothing to recall any more.
    """
    if not reason.strip():
        raise Refused("invalid_request", "Say why it is recalled.", {"reason": "Say why it is recalled."})
    with transaction.atomic():
        transfer = locks.transfer(transfer_id)
        leg = locks.legs(transfer_id).get(CHAIN)
        if leg is not None and WalletReservation.objects.filter(leg=leg).exclude(recalled_at=None).exists():
            return transfer
        refusal = why_not_recall(transfer)
        if refusal or leg is None:
            raise Conflict(refusal or "It has no leg on a blockchain.")
        WalletReservation.objects.filter(leg=leg).update(recalled_at=clock.now())
        moves.note(transfer, "transfer.recall_ordered", reason=reason, due_at=clock.now())
        crashpoint("recall.before_commit")
        wake_after_commit(transfer.id)
    return transfer
