"""SENT_ON_CHAIN to its end: not because a receipt says success, but because the Transfer log that was ordered is final.

Every hash that was ever signed for the leg is looked at: the original may be mined after its replacement. At the network's depth,
exactly one log of the allow-listed contract must move the right amount from our wallet to the recipient. Success without that log
is an exception that people look at: no refund, no second sending. A reverted transaction gives everything back and books the gas.
What every node has forgotten is DROPPED and sent again, byte for byte; what waits for too long is outbid.
"""

from django.db import transaction

from transfers import locks, machines
from transfers.commands import moves
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.advance.look import Look, keep, look
from transfers.commands.advance.outcomes import conclude, in_doubt
from transfers.commands.advance.polling import next_look_at_chain
from transfers.commands.advance.rehearse import call_of
from transfers.commands.advance.replace import hasten
from transfers.commands.advance.resend import latest_sent
from transfers.commands.advance.signing import broadcast
from transfers.crashpoints import crashpoint
from transfers.locks import Lease
from transfers.models import ChainTransaction, Transfer
from transfers.rails.base import RetryableError
from transfers.rails.registry import rails
from transfers.states import Route, Status


def confirm(lease: Lease) -> None:
    """Raises LeaseLost and the rails' errors."""
    seen = look(lease.transfer_id)
    taken = seen.forgotten and nonce_is_taken(seen.newest)
    revert_reason = _why_reverted(seen)
    crashpoint("confirm.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.SENT_ON_CHAIN)
        legs = locks.legs(transfer.id)
        keep(seen)
        if seen.final:
            conclude(transfer, legs, seen, revert_reason=revert_reason)
        elif taken:
            in_doubt(transfer, legs[CHAIN], "nonce_taken", nonce=seen.newest.nonce)
        elif seen.forgotten:
            _forgotten(transfer)
        else:
            moves.set_columns(transfer, due_at=next_look_at_chain(), attempts=0, last_error="", stopped_by="")
        crashpoint("confirm.before_commit")
    crashpoint("confirm.after_commit")
    if seen.forgotten and transfer.status == Status.SENT_ON_CHAIN and not taken:
        # Version 1 has no DROPPED: it is sent again from where it is.
        forgotten = latest_sent(seen.attempts)
        broadcast(forgotten.leg, forgotten)
    elif seen.mined is None and not seen.forgotten:
        hasten(lease, seen)


def nonce_is_taken(attempt: ChainTransaction) -> bool:
    """Whether some transaction used the nonce for good, as deep as a payment counts. Called when it is none that we know of."""
    depth = rails().evm.confirmations
    return rails().evm.used_nonces(attempt.wallet.address, depth=depth) > attempt.nonce


def _why_reverted(seen: Look) -> str:
    """The contract's own words, from asking again on top of the block before. Old states are not kept everywhere: then empty."""
    sent = seen.mined
    if sent is None or not seen.final or seen.states[sent.hash].status != "reverted":
        return ""
    block = seen.states[sent.hash].block_number or 0
    try:
        return rails().evm.simulate(call_of(sent.leg), block=max(block - 1, 0))
    except RetryableError:
        return ""


def _forgotten(transfer: Transfer) -> None:
    words = "not_mined: no node knows the transaction; it is sent again"
    if machines.may(Route(transfer.route), transfer.machine_version, Status.SENT_ON_CHAIN, Status.DROPPED):
        moves.move(transfer, Status.DROPPED, reason="No node knows the transaction any more.", due_at=next_look_at_chain())
    else:
        moves.set_columns(transfer, due_at=next_look_at_chain(), attempts=0, last_error=words, stopped_by="")
