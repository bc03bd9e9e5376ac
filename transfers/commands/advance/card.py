"""A card deposit's steps. Both orders to the provider are intent, call, outcome under our reference: whoever resumes asks first.

The client is credited when the card is charged and the money stays on hold until the provider's batch is at our bank: nobody spends
what the provider may still keep. A chargeback comes at any time after; it is booked when the provider's own record shows it.
"""

from typing import Any

from django.db import transaction

from audit import clock
from audit.commands import record
from ledger.commands import ReleaseHold, apply_holds, post, reverse
from ledger.queries import value_time_of_correction
from transfers import card_postings, locks
from transfers.commands import calls, moves
from transfers.commands.advance.card_orders import (
    agreed,
    ask_to_authorise,
    authorised,
    call_key,
    captured,
    find,
    is_paid,
    still_captured,
)
from transfers.commands.advance.permit import no_halt
from transfers.commands.deposits.cards import PSP
from transfers.commands.exchanges import under
from transfers.crashpoints import crashpoint
from transfers.failures import FAILURES
from transfers.locks import Lease
from transfers.models import CardDispute, ExternalReference, Leg, ProviderCall, Transfer
from transfers.outbox.vocabulary import CHARGEBACK_WON, CHARGED_BACK
from transfers.rails.base import TerminalError, UnknownOutcome
from transfers.rails.psp import CardPayment, Dispute
from transfers.states import EvidenceState, MoneyState, RequestState, Status

Outcome = ProviderCall.Outcome


def authorise(lease: Lease) -> None:
    """CREATED to FUNDS_LOCKED, or FAILED when the card is declined or the order refused. Raises LeaseLost, Halted and the rails'
    errors, but for a refusal."""
    leg, is_new = _intent(lease, Status.CREATED, "authorise")
    crashpoint("card_authorise.after_intent")
    payment = None if is_new else find(leg, "authorise")
    refusal = ""
    if payment is None:
        try:
            with UnknownIsKept(lease, leg, "authorise"), under(call_key(leg, "authorise")):
                payment = ask_to_authorise(leg)
        except TerminalError as error:
            refusal = str(error)
    if payment is not None:
        agreed(leg, payment)
    crashpoint("card_authorise.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        if payment is None:
            _refused(transfer, leg, "authorise", "card_order_refused", refusal)
        else:
            _authorised(transfer, leg, payment)
        crashpoint("card_authorise.before_commit")
    crashpoint("card_authorise.after_commit")


def _authorised(transfer: Transfer, leg: Leg, payment: CardPayment) -> None:
    answered(leg, "authorise", payment)
    if payment.status == "declined":
        _fail(transfer, "card_declined", payment.reason)
        return
    ExternalReference.objects.create(transfer=transfer, leg=leg, kind="card_payment", value=payment.id, recorded_at=clock.now())
    data, answer = {"payment": payment.id}, RequestState.RESPONDED
    moves.move(transfer, Status.FUNDS_LOCKED, data=data, request_state=answer, due_at=clock.now())


def capture(lease: Lease) -> None:
    """FUNDS_LOCKED to CONFIRMED: charged, credited, on hold. Raises LeaseLost, Halted and the rails' errors."""
    leg, is_new = _intent(lease, Status.FUNDS_LOCKED, "capture")
    crashpoint("card_capture.after_intent")
    refusal, payment = "", None
    try:
        with UnknownIsKept(lease, leg, "capture"):
            payment = captured(leg, None if is_new else authorised(leg))
    except TerminalError as error:
        refusal = str(error)
    if payment is not None:
        agreed(leg, payment)
    crashpoint("card_capture.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        if payment is not None and payment.status == "declined":
            _fail(transfer, "card_declined", payment.reason)
        elif refusal or payment is None:
            _refused(transfer, leg, "capture", "card_capture_refused", refusal)
        else:
            answered(leg, "capture", payment)
            credit(transfer, leg)
        crashpoint("card_capture.before_commit")
    crashpoint("card_capture.after_commit")


def follow(lease: Lease) -> None:
    """From CONFIRMED on: what the provider's record and its batches say by now. Raises LeaseLost, Waiting and the rails' errors."""
    leg = Leg.objects.get(transfer_id=lease.transfer_id, rail=PSP)
    payment = still_captured(leg)
    crashpoint("card_follow.after_call")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED, Status.FIAT_SETTLED, Status.RECONCILED)
        for dispute in payment.disputes if payment else ():
            _dispute(transfer, dispute, refunded=sum(one.amount for one in payment.refunds) if payment else 0)
        if transfer.status == Status.CONFIRMED and is_paid(leg, "capture"):
            moves.move(transfer, Status.FIAT_SETTLED, due_at=None)
            apply_holds(ReleaseHold(card_postings.hold_reference(transfer)), transaction_id=transfer.id)
        else:
            moves.set_columns(transfer, due_at=None, attempts=0, last_error="", stopped_by="")
        crashpoint("card_follow.before_commit")
    crashpoint("card_follow.after_commit")


def _intent(lease: Lease, status: Status, operation: str) -> tuple[Leg, bool]:
    """The leg, and whether this is the first time that we are about to send; committed before anything is sent."""
    with transaction.atomic():
        transfer = locks.leased(lease, status)
        legs = locks.legs(transfer.id)
        leg = legs[PSP]
        no_halt(transfer, legs=legs, provider=PSP)
        is_new = calls.found(call_key(leg, operation)) is None
        request = {"reference": leg.reference, "amount": str(leg.amount), "currency": leg.asset_id}
        calls.begin(key=call_key(leg, operation), transfer=transfer, leg=leg, provider=PSP, operation=operation, request=request)
        if is_new:
            forwarded(transfer, leg, operation)
    return leg, is_new


def forwarded(transfer: Transfer, leg: Leg, operation: str) -> None:
    """An order is about to leave, and is open until it is answered."""
    Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.FORWARDED)
    data = {"leg": leg.reference, "operation": operation, "amount": str(leg.amount), "asset": leg.asset_id}
    moves.note(transfer, moves.CARD_ORDERED, data=data, request_state=RequestState.FORWARDED)


class UnknownIsKept:
    """Silence after an order is kept as such on transfer, leg and call, and goes on to the driver, which looks again."""

    def __init__(self, lease: Lease, leg: Leg, operation: str) -> None:
        self._lease, self._leg, self._operation = lease, leg, operation

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, UnknownOutcome):
            with transaction.atomic():
                moves.unanswered(locks.leased(self._lease), self._leg)
                words = FAILURES["card_provider_unknown"].detection
                calls.finish(call_key(self._leg, self._operation), outcome=Outcome.UNKNOWN, response=str(error), summary=words)


def answered(leg: Leg, operation: str, payment: CardPayment) -> None:
    summary = f"The card provider says {payment.status}{f': {payment.reason}' if payment.reason else ''}."
    calls.finish(call_key(leg, operation), outcome=Outcome.ANSWERED, response=payment.raw, summary=summary)


def _refused(transfer: Transfer, leg: Leg, operation: str, code: str, refusal: str) -> None:
    calls.finish(call_key(leg, operation), outcome=Outcome.REFUSED, response=refusal, summary=f"Refused: {refusal}")
    _fail(transfer, code, refusal)


def _fail(transfer: Transfer, code: str, words: str) -> None:
    Leg.objects.filter(transfer=transfer).update(request_state=RequestState.RESPONDED)
    moves.move(
        transfer,
        Status.FAILED,
        reason=words or FAILURES[code].detection,
        data={"code": code},
        failure_code=code,
        failure_message=FAILURES[code].client_text,
        request_state=RequestState.RESPONDED,
        due_at=None,
    )


def credit(transfer: Transfer, leg: Leg, *, reason: str = "", data: dict[str, Any] | None = None, **columns: Any) -> None:
    """FUNDS_LOCKED to CONFIRMED: the client's, and on hold. Raises IllegalTransition, Conflict and what the ledger raises."""
    Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.POSTED, request_state=RequestState.RESPONDED)
    moves.move(
        transfer,
        Status.CONFIRMED,
        reason=reason,
        data={"posting": card_postings.capture_reference(transfer), **(data or {})},
        money_state=MoneyState.POSTED,
        request_state=RequestState.RESPONDED,
        # The batch may have been faster than we.
        due_at=clock.now(),
        **columns,
    )
    post(card_postings.capture(transfer, value_at=clock.now()))


def _dispute(transfer: Transfer, told: Dispute, *, refunded: int) -> None:
    """Book a dispute that we had not seen, and give the money back when one is won. Each once, in an open month."""
    known = CardDispute.objects.select_for_update().filter(provider_id=told.id).first()
    if known is None:
        known = CardDispute(provider_id=told.id, transfer=transfer, amount=told.amount, fee=told.fee, opened_at=clock.now())
        known.save(force_insert=True)
        _charged_back(transfer, known, refunded)
    if told.status == "won" and known.status == CardDispute.Status.LOST:
        known.status, known.version = CardDispute.Status.WON, known.version + 1
        known.save(update_fields=["status", "version"])
        _won(transfer, known)


def _charged_back(transfer: Transfer, dispute: CardDispute, refunded: int) -> None:
    _tell(dispute, "card.charged_back")
    moves.note(
        transfer,
        CHARGED_BACK,
        reason=FAILURES["card_charged_back"].detection,
        data={"dispute": dispute.provider_id, "amount": str(dispute.amount), "fee": str(dispute.fee)},
        evidence_state=EvidenceState.DISPUTED,
        status_text=FAILURES["card_charged_back"].client_text,
    )
    now = clock.now()
    value_at = value_time_of_correction(card_postings.capture_reference(transfer), now=now)
    given_back = refunded + _lost_before(dispute)
    post(card_postings.chargeback(dispute, given_back=given_back, value_at=value_at))
    if dispute.fee:
        post(card_postings.dispute_fee(dispute, value_at=now))


def _lost_before(dispute: CardDispute) -> int:
    """What other disputes about the same payment have taken and keep, in minor units."""
    others = CardDispute.objects.filter(transfer_id=dispute.transfer_id, status=CardDispute.Status.LOST).exclude(pk=dispute.pk)
    return sum(others.values_list("amount", flat=True))


def _won(transfer: Transfer, dispute: CardDispute) -> None:
    _tell(dispute, "card.chargeback_won")
    moves.note(
        transfer,
        CHARGEBACK_WON,
        data={"dispute": dispute.provider_id, "amount": str(dispute.amount)},
        evidence_state=EvidenceState.REPAIRED,
        status_text="The dispute about this payment was decided for you. The amount is in your balance again.",
    )
    reference = card_postings.chargeback_reference(dispute)
    value_at = value_time_of_correction(reference, now=clock.now())
    reverse(reference_of=reference, reference=f"{reference}/won", reason="The dispute was decided for us.", value_at=value_at)


def _tell(dispute: CardDispute, kind: str) -> None:
    record(
        type=kind,
        resource_type="card_dispute",
        resource_id=str(dispute.pk),
        diff={"version": [dispute.version - 1, dispute.version]},
        metadata={"dispute": dispute.provider_id, "amount": str(dispute.amount), "fee": str(dispute.fee)},
        transaction_id=dispute.transfer_id,
    )
