"""What the bank's answer means for what it was to pay: settled, rejected, or still on its way. ACSP is not settlement."""

from typing import Any

from audit import clock
from ledger.commands import post, reverse
from transfers import postings
from transfers.commands import moves
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.advance.polling import next_look_at_bank
from transfers.commands.deposits.sent_back import follow_arrival
from transfers.commands.facts import facts_of, reversal_reference, taken_reference
from transfers.commands.limit_shares import give_back_limits_of
from transfers.commands.recall_states import CALLED_BACK, was_called_back
from transfers.failures import FAILURES
from transfers.models import ExternalReference, Leg, Transfer
from transfers.rails.bank import BankAnswer
from transfers.states import SEND_BACKS, MoneyState, RequestState, Status

# Settled on our account, or on the payee's; rejected, or cancelled and never paid. All else is still on its way.
SETTLED = frozenset({"ACSC", "ACCC"})
UNPAID = frozenset({"RJCT", "CANC"})


def act_on(transfer: Transfer, legs: dict[str, Leg], answer: BankAnswer) -> None:
    """In the step's transaction, transfer and legs locked: moves on what is settled or unpaid, otherwise sets the next look."""
    leg = legs[BANK]
    first_answer = leg.request_state != RequestState.RESPONDED
    Leg.objects.filter(pk=leg.pk).update(request_state=RequestState.RESPONDED)
    if answer.bank_reference:
        _keep_reference(transfer, leg, answer.bank_reference)
    if answer.status in SETTLED:
        _settled(transfer, legs, answer)
    elif answer.status in UNPAID:
        _rejected(transfer, leg, answer)
    elif first_answer or transfer.request_state != RequestState.RESPONDED:
        data = {"bank_status": answer.status, "bank_reference": answer.bank_reference}
        moves.note(transfer, "transfer.payout_accepted", data=data, request_state=RequestState.RESPONDED, **_waiting(transfer))
    else:
        moves.set_columns(transfer, **_waiting(transfer))


def _waiting(transfer: Transfer) -> dict[str, Any]:
    return {
        "due_at": next_look_at_bank(transfer.state_entered_at),
        "attempts": 0,
        "last_error": "",
        "stopped_by": "",
    }


def _keep_reference(transfer: Transfer, leg: Leg, value: str) -> None:
    ExternalReference.objects.get_or_create(
        transfer=transfer, kind="bank_reference", value=value, defaults={"leg": leg, "recorded_at": clock.now()}
    )


def _settled(transfer: Transfer, legs: dict[str, Leg], answer: BankAnswer) -> None:
    now = clock.now()
    Leg.objects.filter(pk=legs[BANK].pk).update(money_state=MoneyState.POSTED)
    moves.move(
        transfer,
        Status.FIAT_SETTLED,
        data={"bank_status": answer.status, "bank_reference": answer.bank_reference},
        request_state=RequestState.RESPONDED,
        due_at=None,
    )
    follow_arrival(transfer)
    post(postings.payout(facts_of(transfer, legs), value_at=now, settled_at=now))


def _rejected(transfer: Transfer, leg: Leg, answer: BankAnswer) -> None:
    """What was taken for it is given back in this same database transaction; of an off-ramp the tokens stay with the partner."""
    code = "send_back_rejected" if transfer.route in SEND_BACKS else _code(transfer)
    Leg.objects.filter(pk=leg.pk).update(money_state=MoneyState.REVERSED)
    give_back_limits_of(transfer)
    moves.move(
        transfer,
        Status.FAILED,
        reason=f"The bank answered {answer.status}: {answer.reason}",
        data={"code": code, "bank_status": answer.status, "bank_reason": answer.reason},
        failure_code=code,
        failure_message=FAILURES[code].client_text,
        money_state=MoneyState.REVERSED,
        request_state=RequestState.RESPONDED,
        due_at=None,
    )
    follow_arrival(transfer)
    reverse(
        reference_of=taken_reference(transfer),
        reference=reversal_reference(transfer),
        reason=f"The bank rejected the payout: {answer.reason or answer.status}",
        value_at=clock.now(),
    )


def _code(transfer: Transfer) -> str:
    return CALLED_BACK if was_called_back(transfer) else "bank_rejected"
