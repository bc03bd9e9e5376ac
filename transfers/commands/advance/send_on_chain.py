"""FUNDS_LOCKED to SENT_ON_CHAIN, in three commits: intent, signed bytes, outcome.

The intent names everything that the signer gets and is the point of no return: from there on only the outside ends this leg. The
signer gives the same bytes for the same intent for ever; bytes and hash are stored before anybody sees them; sending the same
bytes again is harmless, since their nonce can be used once. So a crash or a lost answer anywhere is resumed by doing the next
thing again.
"""

import json
from typing import Any

from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import calls, moves
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.advance.permit import permit
from transfers.commands.advance.polling import next_look_at_chain
from transfers.commands.authority import use
from transfers.commands.ending import end_unsent
from transfers.commands.expire import expire_locked
from transfers.crashpoints import crashpoint
from transfers.errors import Unavailable
from transfers.locks import Lease
from transfers.models import ChainTransaction, ExternalReference, Leg, ProviderCall, Transfer, Wallet, WalletReservation
from transfers.rails.base import TerminalError, UnknownOutcome
from transfers.rails.evm import FeeEstimate
from transfers.rails.registry import rails
from transfers.rails.signing import SignedTransaction, SignIntent
from transfers.states import RequestState, Status

# A replacement with a higher fee would be the second attempt of the same leg.
ATTEMPT = 1
# The signer's codes for "this key stands for other bytes": the only refusals after which signed bytes may exist.
SIGNED_OTHERWISE = frozenset({"attempt_reused", "key_reused"})
SIGNER, NODE = "signer", "node"
Outcome = ProviderCall.Outcome


def send_on_chain(lease: Lease) -> None:
    """Raises LeaseLost, Halted, Unproven, Unavailable and the rails' errors. Whatever is raised, doing it again is safe."""
    leg = Leg.objects.select_related("transfer").get(transfer_id=lease.transfer_id, rail=CHAIN)
    estimate = None if calls.found(_sign_key(leg)) else rails().evm.estimate_fees()
    crashpoint("send.before_intent")
    intent = _commit_intent(lease, estimate)
    if intent is None:
        return
    crashpoint("send.after_intent")
    signed = ChainTransaction.objects.filter(leg=leg, attempt=ATTEMPT).first() or _sign_and_store(lease, leg, intent)
    if signed is None:
        return
    _broadcast(lease, leg, signed)
    _commit_outcome(lease, signed)


def _sign_key(leg: Leg) -> str:
    return f"{leg.reference}/sign/{ATTEMPT}"


def _broadcast_key(leg: Leg) -> str:
    return f"{leg.reference}/broadcast/{ATTEMPT}"


def _commit_intent(lease: Lease, estimate: FeeEstimate | None) -> SignIntent | None:
    """The intent, made now or found. Halts and authority are checked on every try, also when the intent is old. None when it
    expired."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        if expire_locked(transfer):
            return None
        legs = locks.legs(transfer.id)
        leg = legs[CHAIN]
        request = permit(transfer, legs=legs, provider=SIGNER)
        call = calls.found(_sign_key(leg)) or _new_intent(transfer, leg, _capped(leg, estimate))
        use(request)
        return SignIntent(**json.loads(call.request))


def _capped(leg: Leg, estimate: FeeEstimate | None) -> FeeEstimate:
    """Fees within what was reserved. Raises Unavailable while the network asks for more than that."""
    if estimate is None:
        raise Unavailable("the intent appeared between two looks; look again")
    reserved = WalletReservation.objects.get(leg=leg).gas_amount
    cap = min(estimate.max_fee_per_gas, reserved // estimate.gas_limit)
    if cap * 2 < estimate.max_fee_per_gas or cap < estimate.max_priority_fee_per_gas:
        raise Unavailable(f"the network asks {estimate.max_cost} wei for gas, {reserved} are reserved")
    return FeeEstimate(cap, estimate.max_priority_fee_per_gas, estimate.gas_limit)


def _new_intent(transfer: Transfer, leg: Leg, fees: FeeEstimate) -> ProviderCall:
    wallet = Wallet.objects.get(code=leg.counterparty["wallet"])
    request: dict[str, Any] = {
        "key": leg.reference,
        "attempt": ATTEMPT,
        "wallet_address": wallet.address,
        "chain_id": wallet.chain_id,
        "token_contract": leg.counterparty["token_contract"],
        "recipient": leg.counterparty["address"],
        "amount": leg.amount,
        "max_fee_per_gas": fees.max_fee_per_gas,
        "max_priority_fee_per_gas": fees.max_priority_fee_per_gas,
        "gas_limit": fees.gas_limit,
    }
    call = calls.begin(key=_sign_key(leg), transfer=transfer, leg=leg, provider=SIGNER, operation="sign", request=request)
    Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.FORWARDED)
    moves.note(
        transfer,
        "transfer.sending",
        data={"leg": leg.reference, "attempt": ATTEMPT, "recipient": leg.counterparty["address"], "amount": str(leg.amount)},
        request_state=RequestState.FORWARDED,
    )
    return call


def _sign_and_store(lease: Lease, leg: Leg, intent: SignIntent) -> ChainTransaction | None:
    """Bytes and hash are on record before the network sees them. None when the signer refused and the transfer has failed."""
    try:
        signed = rails().signer.sign_transfer(intent)
    except TerminalError as refusal:
        if not refusal.code or refusal.code in SIGNED_OTHERWISE:
            raise
        _fail(lease, leg, refusal)
        return None
    crashpoint("send.after_sign")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        stored = _store(leg, intent, signed)
        answer = json.dumps({"hash": signed.hash, "nonce": signed.nonce})
        calls.finish(
            _sign_key(leg), outcome=Outcome.ANSWERED, response=answer, summary=f"The signer signed with nonce {signed.nonce}."
        )
        calls.begin(
            key=_broadcast_key(leg), transfer=transfer, leg=leg, provider=NODE, operation="broadcast", request={"hash": signed.hash}
        )
        crashpoint("send.before_store")
    crashpoint("send.after_store")
    return stored


def _fail(lease: Lease, leg: Leg, refusal: TerminalError) -> None:
    """The signer looks for a signature before it applies its policy: a refusal by policy proves that there are no signed bytes."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        calls.finish(_sign_key(leg), outcome=Outcome.REFUSED, response=f"{refusal.code}: {refusal}", summary=f"Refused: {refusal}")
        Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.RESPONDED)
        end_unsent(
            transfer, Status.FAILED, failure_code="signer_refused", reason=str(refusal), request_state=RequestState.RESPONDED
        )


def _store(leg: Leg, intent: SignIntent, signed: SignedTransaction) -> ChainTransaction:
    wallet = Wallet.objects.get(code=leg.counterparty["wallet"])
    ExternalReference.objects.create(
        transfer_id=leg.transfer_id, leg=leg, kind="tx_hash", value=signed.hash, recorded_at=clock.now()
    )
    return ChainTransaction.objects.create(
        hash=signed.hash,
        leg=leg,
        attempt=intent.attempt,
        wallet=wallet,
        nonce=signed.nonce,
        raw=signed.raw,
        max_fee_per_gas=intent.max_fee_per_gas,
        max_priority_fee_per_gas=intent.max_priority_fee_per_gas,
        gas_limit=intent.gas_limit,
        signed_at=clock.now(),
    )


def _broadcast(lease: Lease, leg: Leg, signed: ChainTransaction) -> None:
    """The node has the bytes when this returns. After a lost answer the node is asked for the hash before they are sent again."""
    if leg.request_state == RequestState.TIMED_OUT and rails().evm.find(signed.hash).status != "unknown":
        return
    try:
        rails().evm.broadcast(bytes(signed.raw))
    except UnknownOutcome as error:
        with transaction.atomic():
            locks.leased(lease, Status.FUNDS_LOCKED)
            Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.TIMED_OUT)
            calls.finish(
                _broadcast_key(leg), outcome=Outcome.UNKNOWN, response=str(error), summary="The node's answer did not arrive."
            )
        raise
    crashpoint("send.after_broadcast")


def _commit_outcome(lease: Lease, signed: ChainTransaction) -> None:
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        leg = locks.legs(transfer.id)[CHAIN]
        calls.finish(_broadcast_key(leg), outcome=Outcome.ANSWERED, response=signed.hash, summary="The node has the transaction.")
        Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.RESPONDED)
        ChainTransaction.objects.filter(pk=signed.pk, status=ChainTransaction.Status.SIGNED).update(
            status=ChainTransaction.Status.BROADCAST, broadcast_at=clock.now()
        )
        moves.move(
            transfer,
            Status.SENT_ON_CHAIN,
            data={"tx_hash": signed.hash, "nonce": signed.nonce},
            request_state=RequestState.RESPONDED,
            due_at=next_look_at_chain(),
        )
        crashpoint("send.before_commit")
    crashpoint("send.after_commit")
