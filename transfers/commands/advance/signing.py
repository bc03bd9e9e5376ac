"""From an intent to signed bytes on record, for every attempt of a leg: a payment, a dearer one in its place, or a cancellation.

Attempts share the leg's nonce. What is signed next has the number after everything that was ever asked of the signer.
"""

import json
from typing import Any

from audit import clock
from transfers.commands import calls, exchanges, moves
from transfers.models import ChainTransaction, ExternalReference, Leg, ProviderCall, Transfer, Wallet
from transfers.rails.evm import ChainState, FeeEstimate
from transfers.rails.registry import rails
from transfers.rails.signing import CancelIntent, SignedTransaction, SignIntent, SweepIntent

SIGNER, NODE = "signer", "node"
FIRST = 1
# Pays nobody and calls nothing.
CANCEL_GAS = 21_000
Outcome = ProviderCall.Outcome
Purpose = ChainTransaction.Purpose
_TOLD = {Purpose.PAYMENT: "transfer.fee_raised", Purpose.CANCEL: "transfer.recalling"}


def sign_key(leg: Leg, attempt: int) -> str:
    return f"{leg.reference}/sign/{attempt}"


def broadcast_key(leg: Leg, attempt: int) -> str:
    return f"{leg.reference}/broadcast/{attempt}"


def begin(transfer: Transfer, leg: Leg, attempt: int, purpose: ChainTransaction.Purpose, fees: FeeEstimate) -> ProviderCall:
    """The intent, in the caller's transaction, with the event that announces it."""
    wallet = Wallet.objects.get(code=leg.counterparty["wallet"])
    request: dict[str, Any] = {
        "key": leg.reference,
        "attempt": attempt,
        "wallet_address": wallet.address,
        "chain_id": wallet.chain_id,
        "max_fee_per_gas": fees.max_fee_per_gas,
        "max_priority_fee_per_gas": fees.max_priority_fee_per_gas,
        "gas_limit": fees.gas_limit,
    }
    paid: dict[str, Any] = {}
    if purpose is Purpose.PAYMENT:
        # Of a sweep only the payer is said: it goes to the wallet that sends it.
        payer = leg.counterparty.get("payer")
        paid = ({"payer": payer} if payer else {"recipient": leg.counterparty["address"]}) | {"amount": leg.amount}
        request |= {"token_contract": leg.counterparty["token_contract"], **paid}
    operation = "sign" if purpose is Purpose.PAYMENT else "sign_cancel"
    call = calls.begin(
        key=sign_key(leg, attempt), transfer=transfer, leg=leg, provider=SIGNER, operation=operation, request=request
    )
    data = {"leg": leg.reference, "attempt": attempt, **{name: str(value) for name, value in paid.items()}}
    if attempt != FIRST:
        moves.note(transfer, _TOLD[purpose], data={**data, "max_fee_per_gas": str(fees.max_fee_per_gas)})
    return call


def asked(leg: Leg) -> int:
    """How many attempts the signer was ever asked for."""
    return ProviderCall.objects.filter(leg=leg, operation__in=("sign", "sign_cancel")).count()


def unsigned(leg: Leg) -> ProviderCall | None:
    """The newest intent, when the signer's answer to it is not on record."""
    newest = asked(leg)
    call = calls.found(sign_key(leg, newest)) if newest else None
    return call if call and call.outcome in (Outcome.INTENT, Outcome.UNKNOWN) else None


def sign(call: ProviderCall) -> SignedTransaction:
    """Asking again gives the same bytes. Raises as the signer's client does."""
    with exchanges.under(call.key):
        return _asked_to_sign(call)


def broadcast(leg: Leg, signed: ChainTransaction) -> None:
    """Hand an attempt's bytes to the network. Raises as the rail does."""
    with exchanges.under(broadcast_key(leg, signed.attempt)):
        rails().evm.broadcast(bytes(signed.raw))


def find(leg: Leg, signed: ChainTransaction) -> ChainState:
    """What the network shows of an attempt. Raises RetryableError."""
    with exchanges.under(broadcast_key(leg, signed.attempt)):
        return rails().evm.find(signed.hash)


def _asked_to_sign(call: ProviderCall) -> SignedTransaction:
    request = json.loads(call.request)
    if call.operation == "sign_cancel":
        return rails().signer.sign_cancel(CancelIntent(**request), correlation_id=call.correlation_id)
    if "payer" in request:
        return rails().signer.sign_sweep(SweepIntent(**request), correlation_id=call.correlation_id)
    return rails().signer.sign_transfer(SignIntent(**request), correlation_id=call.correlation_id)


def store(transfer: Transfer, leg: Leg, call: ProviderCall, signed: SignedTransaction) -> ChainTransaction:
    """Bytes and hash on record before the network sees them, in the caller's transaction."""
    request = json.loads(call.request)
    now = clock.now()
    ExternalReference.objects.create(transfer=transfer, leg=leg, kind="tx_hash", value=signed.hash, recorded_at=now)
    stored = ChainTransaction.objects.create(
        hash=signed.hash,
        leg=leg,
        attempt=request["attempt"],
        purpose=Purpose.CANCEL if call.operation == "sign_cancel" else Purpose.PAYMENT,
        wallet_id=leg.counterparty["wallet"],
        nonce=signed.nonce,
        raw=signed.raw,
        max_fee_per_gas=request["max_fee_per_gas"],
        max_priority_fee_per_gas=request["max_priority_fee_per_gas"],
        gas_limit=request["gas_limit"],
        signed_at=now,
    )
    said = json.dumps({"hash": signed.hash, "nonce": signed.nonce})
    calls.finish(call.key, outcome=Outcome.ANSWERED, response=said, summary=f"The signer signed with nonce {signed.nonce}.")
    key = broadcast_key(leg, stored.attempt)
    calls.begin(key=key, transfer=transfer, leg=leg, provider=NODE, operation="broadcast", request={"hash": signed.hash})
    return stored


def mark_broadcast(leg: Leg, signed: ChainTransaction) -> None:
    """The node has it, in the caller's transaction."""
    key = broadcast_key(leg, signed.attempt)
    calls.finish(key, outcome=Outcome.ANSWERED, response=signed.hash, summary="The node has the transaction.")
    ChainTransaction.objects.filter(pk=signed.pk, status=ChainTransaction.Status.SIGNED).update(
        status=ChainTransaction.Status.BROADCAST, broadcast_at=clock.now()
    )


def bid_of(signed: ChainTransaction) -> FeeEstimate:
    return FeeEstimate(signed.max_fee_per_gas, signed.max_priority_fee_per_gas, signed.gas_limit)
