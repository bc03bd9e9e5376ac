"""What two people have declared lost on a chain: its nonce is used up all the same, for the wallet's later payments wait behind it.

The books have counted the tokens as gone, and stay as they are. Bytes of the payment that nobody has seen are not sent; where a
node has them they may still win. What used the nonce is booked as it is for every payment: its gas.
"""

from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import calls, moves
from transfers.commands.advance import signing
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.advance.look import Look, keep, look
from transfers.commands.advance.outcomes import book_gas
from transfers.commands.advance.polling import next_look_at_chain
from transfers.commands.advance.replace import cancel_instead, stuck_after
from transfers.commands.advance.send_on_chain import SIGNED_OTHERWISE
from transfers.commands.facts import confirmation_of
from transfers.commands.verdict_steps import LOST
from transfers.locks import Lease
from transfers.models import ChainTransaction, Leg, ProviderCall, Transfer
from transfers.rails.base import TerminalError
from transfers.rails.evm import ChainState
from transfers.states import Status

Purpose, UNSENT = ChainTransaction.Purpose, ChainState("unknown")


def use_up_nonce(lease: Lease) -> None:
    """FAILED, and stays so. Raises LeaseLost and the rails' errors."""
    transfer = Transfer.objects.get(pk=lease.transfer_id)
    leg = Leg.objects.select_related("transfer").get(transfer=transfer, rail=CHAIN)
    if transfer.failure_code != LOST or not _may_be_signed(lease, leg):
        _over(lease)
        return
    seen = look(transfer.pk)
    if seen.final:
        _used(lease, seen)
        return
    if seen.mined is None:
        _cancel(lease, leg, seen)
    with transaction.atomic():
        moves.set_columns(locks.leased(lease, Status.FAILED), due_at=next_look_at_chain(), attempts=0)


def _may_be_signed(lease: Lease, leg: Leg) -> bool:
    """Whether there are signed bytes, asked of the signer where its answer is not on record: only it knows the nonce."""
    call = calls.found(signing.sign_key(leg, signing.FIRST))
    if call is None or call.outcome == ProviderCall.Outcome.REFUSED:
        return False
    if ChainTransaction.objects.filter(leg=leg).exists():
        return True
    try:
        signed = signing.sign(call)
    except TerminalError as refusal:
        if not refusal.code or refusal.code in SIGNED_OTHERWISE:
            raise
        calls.finish(call.key, outcome=ProviderCall.Outcome.REFUSED, response=str(refusal), summary=f"Refused: {refusal}")
        return False
    with transaction.atomic():
        signing.store(locks.leased(lease, Status.FAILED), leg, call, signed)
    return True


def _cancel(lease: Lease, leg: Leg, seen: Look) -> None:
    """Sent again while every node has forgotten it, and outbid when it waits for too long."""
    newest = seen.newest
    waits = newest.broadcast_at is not None and newest.broadcast_at + stuck_after() <= clock.now()
    sent = cancel_instead(lease, leg, Status.FAILED) if newest.purpose != Purpose.CANCEL or waits else newest
    if sent is None or seen.states.get(sent.hash, UNSENT).status == "pending":
        return
    signing.broadcast(leg, sent)
    with transaction.atomic():
        locks.leased(lease, Status.FAILED)
        signing.mark_broadcast(leg, sent)


def _used(lease: Lease, seen: Look) -> None:
    sent = seen.mined
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FAILED)
        locks.legs(transfer.pk)
        keep(seen)
        moves.set_columns(transfer, due_at=None, attempts=0, last_error="")
        if sent is not None:
            book_gas(transfer, sent, seen.states[sent.hash], confirmation=confirmation_of(transfer))


def _over(lease: Lease) -> None:
    with transaction.atomic():
        moves.set_columns(locks.leased(lease, Status.FAILED), due_at=None)
