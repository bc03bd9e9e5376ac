"""DROPPED and REORGED back to SENT_ON_CHAIN: the same bytes once more. Their nonce can be used once, so this pays nobody twice.
Where fees have risen so far that no node takes them, a higher bid under the same nonce goes out instead.

That a node forgot a transaction, or a block that held it is gone, is no evidence that it will never be mined: nothing is released.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import moves
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.advance.look import look
from transfers.commands.advance.permit import no_halt
from transfers.commands.advance.polling import next_look_at_chain
from transfers.commands.advance.replace import cancel_instead, dearer_instead
from transfers.commands.advance.signing import SIGNER, broadcast, mark_broadcast
from transfers.crashpoints import crashpoint
from transfers.locks import Lease
from transfers.models import ChainTransaction, Leg, Transfer, TransferEvent, WalletReservation
from transfers.rails.base import RetryableError, UnknownOutcome
from transfers.rails.evm.broadcast import is_about_price
from transfers.rails.registry import rails
from transfers.states import Status

SENT_AGAIN = (Status.DROPPED, Status.REORGED)
LONGEST_PAUSE = timedelta(minutes=1)


def resend(lease: Lease) -> None:
    """Raises LeaseLost, Halted (before a dropped one is sent again) and the rails' errors."""
    leg = Leg.objects.get(transfer_id=lease.transfer_id, rail=CHAIN)
    sent = _bytes_to_send(lease, leg)
    crashpoint("resend.before_call")
    before, sent = sent.attempt, _taken(lease, leg, sent)
    crashpoint("resend.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, *SENT_AGAIN)
        mark_broadcast(leg, sent)
        moves.move(
            transfer,
            Status.SENT_ON_CHAIN,
            reason="The same bytes were sent again." if sent.attempt == before else "It was sent again with a higher bid.",
            data={"tx_hash": sent.hash, "nonce": sent.nonce, "again": True},
            due_at=clock.now() + _patience(transfer),
        )
        crashpoint("resend.before_commit")
    crashpoint("resend.after_commit")


def latest_sent(attempts: Iterable[ChainTransaction]) -> ChainTransaction:
    """The newest attempt that the network has seen; the newest of all where it has seen none."""
    known = list(attempts)
    return next((one for one in reversed(known) if one.status != ChainTransaction.Status.SIGNED), known[-1])


def _bytes_to_send(lease: Lease, leg: Leg) -> ChainTransaction:
    """After a reorg those that were mined, otherwise the newest. A recalled one is cancelled instead of being sent again."""
    with transaction.atomic():
        transfer = locks.leased(lease, *SENT_AGAIN)
        status = Status(transfer.status)
        recalled = WalletReservation.objects.filter(leg=leg).exclude(recalled_at=None).exists()
        if status is Status.DROPPED and not recalled:
            no_halt(transfer, legs={CHAIN: leg}, provider=SIGNER)
    taken_back = _taken_back(leg) if status is Status.REORGED else None
    attempts = list(ChainTransaction.objects.filter(leg=leg).order_by("attempt"))
    if recalled and status is Status.DROPPED and attempts[-1].purpose != ChainTransaction.Purpose.CANCEL:
        return cancel_instead(lease, leg, status) or latest_sent(attempts)
    return next((one for one in attempts if one.hash == taken_back), None) or latest_sent(attempts)


def _taken_back(leg: Leg) -> str:
    """Hash of the transaction whose block is gone."""
    told = TransferEvent.objects.filter(transfer_id=leg.transfer_id, type=moves.MOVED[Status.REORGED]).order_by("seq").last()
    return str(told.data["tx_hash"]) if told else ""


def _taken(lease: Lease, leg: Leg, sent: ChainTransaction) -> ChainTransaction:
    """What the nodes have now: these bytes, or a higher bid where fees have risen so far that nobody takes them any more."""
    try:
        _broadcast(lease, sent)
    except RetryableError as refusal:
        status = Status(Transfer.objects.values_list("status", flat=True).get(pk=lease.transfer_id))
        dearer = dearer_instead(lease, leg, status) if is_about_price(str(refusal)) else None
        if dearer is None:
            raise
        _broadcast(lease, dearer)
        return dearer
    return sent


def _broadcast(lease: Lease, sent: ChainTransaction) -> None:
    """A refusal that may be about another attempt of ours is no trouble when one of them is known, or the nonce is used: the next
    look says which."""
    try:
        broadcast(sent.leg, sent)
    except UnknownOutcome:
        used = rails().evm.nonces(sent.wallet.address).mined > sent.nonce
        if not used and look(lease.transfer_id).forgotten:
            raise


def _patience(transfer: Transfer) -> timedelta:
    """Longer after every time it was forgotten, so that a node that keeps nothing is not asked all day."""
    times = TransferEvent.objects.filter(transfer=transfer, type=moves.MOVED[Status.DROPPED]).count()
    soon: timedelta = (next_look_at_chain() - clock.now()) * 2 ** min(times, 10)
    return min(soon, LONGEST_PAUSE)
