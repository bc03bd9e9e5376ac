"""Outbidding what waits, and using up a nonce without paying: further attempts of a leg that is not mined yet.

Each is intent, signed bytes, broadcast, like the first; a crash anywhere is resumed by the next look. A payment is outbid within
the gas that was reserved for it; beyond that people are asked. What was signed before stays on record and is watched: it may
still be mined.
"""

import dataclasses
from datetime import timedelta

from django.db import transaction

from approvals.errors import Halted
from audit import clock
from transfers import locks
from transfers.commands import calls, moves, treasury
from transfers.commands.advance import signing
from transfers.commands.advance.look import Look
from transfers.commands.advance.permit import permit
from transfers.commands.advance.signing import CANCEL_GAS, SIGNER, Outcome, Purpose
from transfers.commands.votes import Unproven
from transfers.crashpoints import crashpoint
from transfers.locks import Lease
from transfers.models import ChainTransaction, Leg, ProviderCall, Transfer, TransferEvent, WalletReservation
from transfers.rails.base import RetryableError, TerminalError
from transfers.rails.evm.fees import CapReached, next_bid
from transfers.rails.registry import rails
from transfers.states import Status

CAP_REACHED = "fee_cap_reached"
Signed = ChainTransaction.Status.SIGNED


def hasten(lease: Lease, seen: Look) -> None:
    """What waits is outbid when it has waited for too long or somebody asks for it, and cancelled when it was recalled.

    Raises LeaseLost and the rails' errors. A halt stops the outbidding, never the looking.
    """
    newest, promise = seen.newest, WalletReservation.objects.get(leg=seen.newest.leg)
    purpose = Purpose.CANCEL if promise.recalled_at else Purpose.PAYMENT
    if newest.status == Signed and newest.purpose == purpose and _was_sent(lease, promise, newest, purpose):
        return
    if signing.unsigned(newest.leg) is None and not _is_due(promise, newest, purpose):
        return
    if purpose is Purpose.PAYMENT and _waits_behind_another(newest):
        _say(lease, f"nonce_blocked: it waits behind an earlier transaction of wallet {newest.wallet_id}")
        return
    try:
        made = _attempt(lease, newest.leg, Status.SENT_ON_CHAIN, purpose)
    except Halted as halted:
        _say(lease, halted.sentence)
    except Unproven as unproven:
        _say(lease, f"authority_broken: {unproven}")
    else:
        if made is not None and made.purpose == purpose:
            _send(lease, made)


def _was_sent(lease: Lease, promise: WalletReservation, newest: ChainTransaction, purpose: Purpose) -> bool:
    """A signed bid that no node has. Some take none below the present base fee: then a higher one is due instead, or it waits."""
    try:
        _send(lease, newest)
    except RetryableError:
        if not _is_due(promise, newest, purpose):
            raise
        return False
    return True


def cancel_instead(lease: Lease, leg: Leg, status: Status) -> ChainTransaction | None:
    """Signed bytes that use up the leg's nonce and pay nobody, on record. None when that costs more than was reserved, or the
    signer refuses; people are told then."""
    newest = _newest(leg)
    if newest.purpose == Purpose.CANCEL and newest.status == Signed:
        return newest
    made = _attempt(lease, leg, status, Purpose.CANCEL)
    return made if made is not None and made.purpose == Purpose.CANCEL else None


def dearer_instead(lease: Lease, leg: Leg, status: Status) -> ChainTransaction | None:
    """A higher bid for what no node takes again at its price, on record; none before it has waited for too long or somebody asks,
    and none beyond what is reserved. One that was signed and never taken comes first. Raises Halted, Unproven, rails' errors."""
    newest, promise = _newest(leg), WalletReservation.objects.get(leg=leg)
    if promise.recalled_at is not None or newest.purpose != Purpose.PAYMENT:
        return None
    if newest.status == Signed:
        return newest
    return _attempt(lease, leg, status, Purpose.PAYMENT) if _is_due(promise, newest, Purpose.PAYMENT) else None


def stuck_after() -> timedelta:
    """How long an attempt may wait for a block before it is outbid."""
    settings = rails().settings
    return timedelta(seconds=settings.stuck_after_blocks * settings.block_time_s)


def _is_due(promise: WalletReservation, newest: ChainTransaction, purpose: Purpose) -> bool:
    hurried = promise.hurried_at is not None and promise.hurried_at > newest.signed_at
    waits_since = newest.broadcast_at or newest.signed_at
    return newest.purpose != purpose or hurried or waits_since + stuck_after() <= clock.now()


def _waits_behind_another(newest: ChainTransaction) -> bool:
    """Whether an earlier nonce of the wallet is still open: then no bid of ours helps."""
    return rails().evm.nonces(newest.wallet.address).mined < newest.nonce


def _newest(leg: Leg) -> ChainTransaction:
    return ChainTransaction.objects.filter(leg=leg).select_related("wallet").latest("attempt")


def _attempt(lease: Lease, leg: Leg, status: Status, purpose: Purpose) -> ChainTransaction | None:
    """The next attempt, signed and on record: an unfinished one first, whatever it is for. Raises Halted, Unproven."""
    call = signing.unsigned(leg) or _new_intent(lease, leg, status, purpose)
    if call is None:
        return None
    crashpoint("replace.after_intent")
    try:
        signed = signing.sign(call)
    except TerminalError as refusal:
        _refused(lease, leg, call, refusal)
        return None
    crashpoint("replace.after_sign")
    with transaction.atomic():
        transfer = locks.leased(lease, status)
        stored = signing.store(transfer, leg, call, signed)
        crashpoint("replace.before_store")
    crashpoint("replace.after_store")
    return stored


def _new_intent(lease: Lease, leg: Leg, status: Status, purpose: Purpose) -> ProviderCall | None:
    market = rails().evm.estimate_fees()
    crashpoint("replace.before_intent")
    with transaction.atomic():
        transfer = locks.leased(lease, status)
        legs = locks.legs(transfer.id)
        newest, promise = _newest(leg), WalletReservation.objects.get(leg=leg)
        last = signing.bid_of(newest)
        if purpose is Purpose.CANCEL:
            last = dataclasses.replace(last, gas_limit=CANCEL_GAS)
        try:
            bid = next_bid(last, market, most=promise.gas_amount)
        except CapReached as reached:
            _tell_cap(transfer, newest, promise, f"A higher bid could cost {treasury.beyond_reserve(promise, reached.needed)}")
            return None
        if purpose is Purpose.PAYMENT:
            permit(transfer, legs=legs, provider=SIGNER)
        return signing.begin(transfer, leg, signing.asked(leg) + 1, purpose, bid)


def _refused(lease: Lease, leg: Leg, call: ProviderCall, refusal: TerminalError) -> None:
    """The signer's own caps lie below the bid. What was sent before goes on waiting; people are asked."""
    with transaction.atomic():
        transfer = locks.leased(lease)
        calls.finish(call.key, outcome=Outcome.REFUSED, response=f"{refusal.code}: {refusal}", summary=f"Refused: {refusal}")
        _tell_cap(transfer, _newest(leg), WalletReservation.objects.get(leg=leg), str(refusal))


def _tell_cap(transfer: Transfer, newest: ChainTransaction, promise: WalletReservation, words: str) -> None:
    """Told once per bid and reservation, and kept on the row."""
    data = {"code": CAP_REACHED, "attempt": newest.attempt, "reserved": str(promise.gas_amount)}
    if not TransferEvent.objects.filter(transfer=transfer, type="transfer.fee_cap_reached", data__contains=data).exists():
        moves.note(transfer, "transfer.fee_cap_reached", reason=words, data=data)
    moves.set_columns(transfer, last_error=f"{CAP_REACHED}: {words}")


def _send(lease: Lease, signed: ChainTransaction) -> None:
    """Raises the rails' errors: then the next look sends it again, unless something was mined meanwhile."""
    signing.broadcast(signed.leg, signed)
    crashpoint("replace.after_broadcast")
    with transaction.atomic():
        locks.leased(lease, Status.SENT_ON_CHAIN)
        signing.mark_broadcast(signed.leg, signed)
        crashpoint("replace.before_commit")


def _say(lease: Lease, words: str) -> None:
    with transaction.atomic():
        moves.set_columns(locks.leased(lease, Status.SENT_ON_CHAIN), last_error=words)
