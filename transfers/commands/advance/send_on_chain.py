"""FUNDS_LOCKED to SENT_ON_CHAIN, in three commits: intent, signed bytes, outcome.

The intent names everything that the signer gets and is the point of no return: from there on only the outside ends this leg. The
signer gives the same bytes for the same intent for ever; bytes and hash are stored before anybody sees them; sending the same
bytes again is harmless, since their nonce can be used once. So a crash or a lost answer anywhere is resumed by doing the next
thing again. Before the intent the token is asked whether it would take the transfer at all, and what the network asks for gas is
held against what the signer may pay: its refusal would end a transfer that only has to wait.
"""

from collections.abc import Mapping

from django.db import transaction

from transfers import locks, wording
from transfers.commands import calls, moves, treasury
from transfers.commands.advance import signing
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.advance.permit import permit
from transfers.commands.advance.polling import next_look_at_chain
from transfers.commands.advance.rehearse import refused_by_token
from transfers.commands.advance.replace import cancel_instead
from transfers.commands.advance.signing import FIRST, NODE, SIGNER, Outcome, Purpose
from transfers.commands.authority import use
from transfers.commands.ending import end_unsent
from transfers.commands.expire import expire_locked
from transfers.crashpoints import crashpoint
from transfers.errors import Unavailable, Waiting
from transfers.failures import FAILURES
from transfers.locks import Lease
from transfers.models import ChainTransaction, Leg, ProviderCall, Transfer, WalletReservation
from transfers.rails.base import TerminalError, UnknownOutcome
from transfers.rails.evm import FeeCaps, FeeEstimate
from transfers.rails.evm.fees import BeyondSigner, CapReached, check_caps, first_bid
from transfers.rails.registry import rails
from transfers.states import RequestState, Route, Status

FEES_ABOVE_CAP = "fees_above_cap"
# The signer's codes for "this key stands for other bytes": the only refusals after which signed bytes may exist.
SIGNED_OTHERWISE = frozenset({"attempt_reused", "key_reused", "payment_cancelled"})


def send_on_chain(lease: Lease) -> None:
    """Raises LeaseLost, Halted, Unproven, Unavailable and the rails' errors. Whatever is raised, doing it again is safe.

    Waiting while fees are above the signer's caps: nothing is committed then, and it can still be cancelled or expire."""
    leg = Leg.objects.select_related("transfer", "reservation").get(transfer_id=lease.transfer_id, rail=CHAIN)
    if leg.reservation.recalled_at is not None:
        _send_recalled(lease, leg)
        return
    estimate: FeeEstimate | None = None
    caps: Mapping[int, FeeCaps] = {}
    if calls.found(signing.sign_key(leg, FIRST)) is None:
        if refused_by_token(lease, leg):
            return
        estimate, caps = rails().evm.estimate_fees(), rails().gas_caps()
    crashpoint("send.before_intent")
    try:
        intent = _commit_intent(lease, estimate, caps)
    except BeyondSigner as dear:
        _tell_client(lease, str(dear))
        raise Waiting(FEES_ABOVE_CAP, str(dear)) from dear
    if intent is None:
        return
    crashpoint("send.after_intent")
    signed = _signed(leg) or _sign_and_store(lease, leg, intent)
    if signed is None:
        return
    _broadcast(lease, leg, signed)
    _commit_outcome(lease, signed)


def _signed(leg: Leg) -> ChainTransaction | None:
    return ChainTransaction.objects.filter(leg=leg, attempt=FIRST).first()


def _commit_intent(lease: Lease, estimate: FeeEstimate | None, caps: Mapping[int, FeeCaps]) -> ProviderCall | None:
    """The intent, made now or found. Halts and authority are checked on every try, also when the intent is old. None when it
    expired. Raises BeyondSigner."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        if expire_locked(transfer):
            return None
        legs = locks.legs(transfer.id)
        leg = legs[CHAIN]
        request = permit(transfer, legs=legs, provider=SIGNER)
        call = calls.found(signing.sign_key(leg, FIRST)) or _new_intent(transfer, leg, estimate, caps)
        use(request)
        return call


def _new_intent(transfer: Transfer, leg: Leg, estimate: FeeEstimate | None, caps: Mapping[int, FeeCaps]) -> ProviderCall:
    """Raises Unavailable while the network asks for more than what was reserved, BeyondSigner for more than the signer pays."""
    if estimate is None:
        raise Unavailable("the intent appeared between two looks; look again")
    promise = WalletReservation.objects.select_related("wallet").get(leg=leg)
    try:
        bid = first_bid(estimate, most=promise.gas_amount)
    except CapReached as reached:
        raise Unavailable(f"The network could take {treasury.beyond_reserve(promise, reached.needed)}") from reached
    if promise.wallet.chain_id in caps:
        check_caps(bid, caps[promise.wallet.chain_id])
    call = signing.begin(transfer, leg, FIRST, Purpose.PAYMENT, bid)
    Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.FORWARDED)
    moves.note(
        transfer,
        "transfer.sending",
        data={"leg": leg.reference, "attempt": FIRST, "recipient": leg.counterparty["address"], "amount": str(leg.amount)},
        request_state=RequestState.FORWARDED,
        **_no_word_of_fees(transfer),
    )
    return call


def _tell_client(lease: Lease, words: str) -> None:
    """Once, until it is sent."""
    text = FAILURES[FEES_ABOVE_CAP].client_text
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        if transfer.status_text != text:
            moves.note(transfer, "transfer.fee_cap_reached", reason=words, data={"code": FEES_ABOVE_CAP}, status_text=text)


def _no_word_of_fees(transfer: Transfer) -> dict[str, str]:
    """The column that a wait for fees has left behind."""
    if transfer.status_text != FAILURES[FEES_ABOVE_CAP].client_text:
        return {}
    return {"status_text": wording.status_text(Route(transfer.route), Status.FUNDS_LOCKED)}


def _sign_and_store(lease: Lease, leg: Leg, call: ProviderCall) -> ChainTransaction | None:
    """Bytes and hash are on record before the network sees them. None when the signer refused and the transfer has failed."""
    try:
        signed = signing.sign(call)
    except TerminalError as refusal:
        if not refusal.code or refusal.code in SIGNED_OTHERWISE:
            raise
        _fail(lease, leg, call, refusal)
        return None
    crashpoint("send.after_sign")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        stored = signing.store(transfer, leg, call, signed)
        crashpoint("send.before_store")
    crashpoint("send.after_store")
    return stored


def _fail(lease: Lease, leg: Leg, call: ProviderCall, refusal: TerminalError) -> None:
    """The signer looks for a signature before it applies its policy: a refusal by policy proves that there are no signed bytes."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        calls.finish(call.key, outcome=Outcome.REFUSED, response=f"{refusal.code}: {refusal}", summary=f"Refused: {refusal}")
        Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.RESPONDED)
        end_unsent(
            transfer, Status.FAILED, failure_code="signer_refused", reason=str(refusal), request_state=RequestState.RESPONDED
        )


def _broadcast(lease: Lease, leg: Leg, signed: ChainTransaction) -> None:
    """The node has the bytes when this returns. After a lost answer the node is asked for the hash before they are sent again."""
    if leg.request_state == RequestState.TIMED_OUT and signing.find(leg, signed).status != "unknown":
        return
    try:
        signing.broadcast(leg, signed)
    except UnknownOutcome as error:
        with transaction.atomic():
            moves.unanswered(locks.leased(lease, Status.FUNDS_LOCKED), leg)
            calls.finish(
                signing.broadcast_key(leg, signed.attempt),
                outcome=Outcome.UNKNOWN,
                response=str(error),
                summary="The node's answer did not arrive.",
            )
        raise
    crashpoint("send.after_broadcast")


def _commit_outcome(lease: Lease, signed: ChainTransaction, *, status_text: str = "") -> None:
    said = {"status_text": status_text} if status_text else {}
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        leg = locks.legs(transfer.id)[CHAIN]
        signing.mark_broadcast(leg, signed)
        Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.RESPONDED)
        moves.move(
            transfer,
            Status.SENT_ON_CHAIN,
            data={"tx_hash": signed.hash, "nonce": signed.nonce},
            request_state=RequestState.RESPONDED,
            due_at=next_look_at_chain(),
            **said,
        )
        crashpoint("send.before_commit")
    crashpoint("send.after_commit")


def _send_recalled(lease: Lease, leg: Leg) -> None:
    """It was recalled after its intent: what was signed is never sent, and its nonce is used up by a transaction that pays nobody.

    The payment is signed first if it was not, so that the nonce is known; neither halts nor authority matter, since nobody is paid.
    """
    call = calls.found(signing.sign_key(leg, FIRST))
    if call is None:
        raise Unavailable("it was recalled before its intent: cancel it instead")
    if (_signed(leg) or _sign_and_store(lease, leg, call)) is None:
        return
    cancelled = cancel_instead(lease, leg, Status.FUNDS_LOCKED)
    if cancelled is not None:
        signing.broadcast(leg, cancelled)
        _commit_outcome(
            lease, cancelled, status_text="Your transfer is being stopped. The funds stay reserved until that is final."
        )


__all__ = ["NODE", "SIGNER", "send_on_chain"]
