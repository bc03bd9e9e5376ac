"""A refund's steps. The order to the provider is intent, call, outcome under the refund's own name: whoever resumes asks first.

Booked when the provider has taken it: out of the client's balance, off what the provider owes us. Its next batch is paid less that
much, which ends the refund.
"""

from django.db import transaction

from audit import clock
from audit.identity import new_reference
from ledger.commands import post
from transfers import card_postings, locks
from transfers.commands import calls, moves
from transfers.commands.advance import lock_funds
from transfers.commands.advance.card import Outcome, UnknownIsKept, answered, forwarded
from transfers.commands.advance.card_orders import call_key, contradicts, is_paid, was_told
from transfers.commands.advance.permit import permit
from transfers.commands.deposits.cards import PSP
from transfers.commands.deposits.refund import left
from transfers.commands.ending import end_unsent
from transfers.commands.exchanges import under
from transfers.commands.expire import expire_locked
from transfers.crashpoints import crashpoint
from transfers.locks import Lease
from transfers.models import CardRefund, ExternalReference, Leg, Transfer
from transfers.rails.base import TerminalError, UnknownOutcome
from transfers.rails.psp import CardPayment, Refund
from transfers.rails.registry import rails
from transfers.states import MoneyState, RequestState, Status

REFUND = "refund"
OVERTAKEN = "The cardholder has taken the payment back meanwhile: nothing was ordered."


def lock(lease: Lease) -> None:
    """CREATED to FUNDS_LOCKED: the leg is drawn up; the amount is on hold already. Raises LeaseLost, Halted, Unproven."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CREATED)
        if expire_locked(transfer):
            return
        leg = _leg(transfer)
        permit(transfer, legs={PSP: leg}, provider=PSP)
        moves.move(transfer, Status.FUNDS_LOCKED, data={"leg": leg.reference}, due_at=clock.now())
        lock_funds.before_commit()
    lock_funds.after_commit()


def refund(lease: Lease) -> None:
    """FUNDS_LOCKED to CONFIRMED, or FAILED when the provider refuses. Raises LeaseLost, Halted, Unproven and the rails' errors."""
    leg, is_new = _intent(lease)
    if leg is None:
        return
    crashpoint("card_refund.after_intent")
    deposit, refusal = leg.counterparty["payment"], ""
    with under(call_key(leg, REFUND)):
        payment = None if is_new else rails().psp.find(deposit)
    if _named(payment, leg) is None:
        try:
            with UnknownIsKept(lease, leg, REFUND), under(call_key(leg, REFUND)):
                payment = rails().psp.refund(deposit, reference=leg.reference, amount=leg.amount, currency=leg.asset_id)
        except TerminalError as error:
            refusal = str(error)
    crashpoint("card_refund.after_call")
    given = _named(payment, leg)
    if given is None and not refusal:
        raise UnknownOutcome("the card provider took the refund and does not show it", provider=PSP)
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        if given is None or payment is None:
            _fail(transfer, leg, refusal)
        else:
            answered(leg, REFUND, payment)
            _book(transfer, leg, given)
        crashpoint("card_refund.before_commit")
    crashpoint("card_refund.after_commit")


def follow(lease: Lease) -> None:
    """CONFIRMED to FIAT_SETTLED when a batch that nets it is at our bank. Raises LeaseLost, Waiting and the rails' errors."""
    leg = Leg.objects.get(transfer_id=lease.transfer_id, rail=PSP)
    is_netted = is_paid(leg, REFUND)
    if not is_netted and was_told(leg, REFUND):
        _still_refunded(leg)
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        if is_netted:
            moves.move(transfer, Status.FIAT_SETTLED, due_at=None)
        else:
            moves.set_columns(transfer, due_at=None, attempts=0, last_error="", stopped_by="")


def _intent(lease: Lease) -> tuple[Leg | None, bool]:
    """The leg, and whether this is the first time that we are about to send; no leg when it lapsed, or a dispute was faster."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.FUNDS_LOCKED)
        if expire_locked(transfer):
            return None, False
        legs = locks.legs(transfer.id)
        leg = legs[PSP]
        permit(transfer, legs=legs, provider=PSP)
        is_new = calls.found(call_key(leg, REFUND)) is None
        if is_new and left(CardRefund.objects.select_related("deposit").get(transfer=transfer).deposit) < 0:
            end_unsent(transfer, Status.FAILED, failure_code="card_refund_refused", reason=OVERTAKEN)
            return None, False
        request = {"payment": leg.counterparty["payment"], "reference": leg.reference, "amount": str(leg.amount)}
        calls.begin(key=call_key(leg, REFUND), transfer=transfer, leg=leg, provider=PSP, operation=REFUND, request=request)
        if is_new:
            forwarded(transfer, leg, REFUND)
    return leg, is_new


def _still_refunded(leg: Leg) -> None:
    """What the provider told us that it has taken is in its record, too; where it is not, it is ordered again under the same
    reference. Raises Waiting when it is not taken now: it is out of the client's balance, and people must decide."""
    deposit = leg.counterparty["payment"]
    with under(call_key(leg, REFUND)):
        if _named(rails().psp.find(deposit), leg) is not None:
            return
        try:
            payment = rails().psp.refund(deposit, reference=leg.reference, amount=leg.amount, currency=leg.asset_id)
        except TerminalError as error:
            raise contradicts(f"it said that the card was refunded, and refuses to refund it: {error}") from error
    if _named(payment, leg) is None:
        raise contradicts("it takes the refund and does not show it")


def _named(payment: CardPayment | None, leg: Leg) -> Refund | None:
    """Our refund in the provider's record. Raises Waiting for one of another amount."""
    found = next((one for one in payment.refunds if one.reference == leg.reference), None) if payment else None
    if found is not None and found.amount != leg.amount:
        raise contradicts(f"it speaks of a refund of {found.amount}, ordered were {leg.amount}")
    return found


def _book(transfer: Transfer, leg: Leg, given: Refund) -> None:
    now = clock.now()
    deposit = CardRefund.objects.select_related("deposit").get(transfer=transfer).deposit
    Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.POSTED, request_state=RequestState.RESPONDED)
    ExternalReference.objects.create(transfer=transfer, leg=leg, kind="card_refund", value=given.id, recorded_at=now)
    posting = card_postings.refund(transfer, deposit, value_at=now)
    moves.move(
        transfer,
        Status.CONFIRMED,
        data={"posting": posting.reference, "refund": given.id},
        money_state=MoneyState.POSTED,
        request_state=RequestState.RESPONDED,
        due_at=now,
    )
    charged = locks.transfer(deposit.pk)
    about = {"refund": transfer.reference, "amount": str(transfer.source_amount), "asset": transfer.source_asset_id}
    moves.note(charged, "transfer.card_refunded", reason=f"Refunded to the card by {transfer.reference}.", data=about)
    post(posting)


def _fail(transfer: Transfer, leg: Leg, refusal: str) -> None:
    Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.RESPONDED)
    calls.finish(call_key(leg, REFUND), outcome=Outcome.REFUSED, response=refusal, summary=f"Refused: {refusal}")
    end_unsent(
        transfer,
        Status.FAILED,
        failure_code="card_refund_refused",
        reason=refusal,
        request_state=RequestState.RESPONDED,
    )


def _leg(transfer: Transfer) -> Leg:
    charged = Leg.objects.get(transfer=CardRefund.objects.get(transfer=transfer).deposit, rail=PSP)
    return Leg.objects.create(
        transfer=transfer,
        ordinal=1,
        reference=new_reference(),
        rail=PSP,
        direction=Leg.Direction.OUT,
        asset_id=transfer.source_asset_id,
        amount=transfer.source_amount,
        account_code=charged.account_code,
        counterparty={"type": "card", "card": charged.counterparty["card"], "payment": charged.reference},
        money_state=MoneyState.RESERVED,
        created_at=clock.now(),
    )
