"""The bank leg of an off-ramp, or of money that goes back: the payment order goes out once, by intent, call and outcome.

The order's three names (MsgId, EndToEndId, UETR) were made with the leg. After a lost answer the bank is asked by EndToEndId;
only when the bank itself says that it never saw the order is it handed over again, under the same names, so that it cannot be
paid twice.
"""

import json
from dataclasses import replace

from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import calls, moves
from transfers.commands.advance import promise
from transfers.commands.advance.bank_verdict import UNPAID, act_on
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.advance.pay_in_batch import gathering_account, pay_in_batch
from transfers.commands.advance.payout_order import draw_up, key_of, provider_of, read_back
from transfers.commands.advance.permit import no_halt
from transfers.commands.deadlines import expected_of
from transfers.commands.exchanges import under
from transfers.crashpoints import crashpoint
from transfers.errors import LeaseLost, Waiting
from transfers.locks import Lease
from transfers.models import BankAccount, Leg, ProviderCall, Transfer
from transfers.rails.bank import BankAnswer, CreditTransfer
from transfers.rails.base import TerminalError, UnknownOutcome
from transfers.rails.registry import rails
from transfers.states import MoneyState, RequestState, Status

NOT_FOUND = "NOTFOUND"
Outcome = ProviderCall.Outcome


def pay_out(lease: Lease) -> None:
    """By itself, or with others where the nostro gathers. Raises LeaseLost, Halted and the rails' errors; to repeat it is safe."""
    account = gathering_account(Leg.objects.get(transfer_id=lease.transfer_id, rail=BANK))
    if account is not None:
        pay_in_batch(lease, account)
        return
    crashpoint("pay_out.before_intent")
    leg, order = _commit_intent(lease)
    crashpoint("pay_out.after_intent")
    answer = _ask_first(lease, leg) or _hand_over(lease, leg, order)
    crashpoint("pay_out.after_submit")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        calls.finish(key_of(leg), outcome=_outcome(answer), response=answer.raw_response, summary=_said(answer))
        act_on(transfer, locks.legs(transfer.id), answer)
        crashpoint("pay_out.before_commit")
    crashpoint("pay_out.after_commit")


def _commit_intent(lease: Lease) -> tuple[Leg, CreditTransfer]:
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        legs = locks.legs(transfer.id)
        leg = legs[BANK]
        if leg.request_state == RequestState.RESPONDED:
            raise LeaseLost(f"the bank has answered for leg {leg.reference} already")
        account = BankAccount.objects.get(code=leg.counterparty["bank_account"])
        no_halt(transfer, legs={BANK: leg}, provider=account.provider)
        call = calls.found(key_of(leg)) or _new_intent(transfer, leg, account)
        order = read_back(json.loads(call.request))
        # One that was left out of a message goes by itself, under the name that was made with the leg.
        return leg, replace(order, message_id=leg.external_references.get(kind="message_id").value)


def _new_intent(transfer: Transfer, leg: Leg, account: BankAccount) -> ProviderCall:
    expected = expected_of(account, clock.now())
    request = draw_up(leg, account, value_date=expected.value_date)
    call = calls.begin(key=key_of(leg), transfer=transfer, leg=leg, provider=account.provider, operation="pay", request=request)
    # A halt may have held the order past a cut-off: from here on, what counts is when it really went out.
    promise.ordered(transfer, leg, expected, on_leg={"request_state": RequestState.FORWARDED}, request_state=RequestState.FORWARDED)
    return call


def _ask_first(lease: Lease, leg: Leg) -> BankAnswer | None:
    """On a resumed leg the order may be with the bank already: its answer then, or None when the bank never saw it. Raises Waiting
    where it never did and the payment on chain is in doubt by now.

    `leg` is as it was read before the intent, so RECEIVED means that this very run made the intent.
    """
    if leg.request_state == RequestState.RECEIVED:
        return None
    with under(key_of(leg)):
        answer = rails().bank_of(provider_of(leg)).status(leg.reference)
    if answer.status != NOT_FOUND:
        return answer
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        if transfer.money_state == MoneyState.EXCEPTION:
            raise Waiting(
                "reorged_after_payout", "the bank never got the order; it gets none while the payment on chain is in doubt"
            )
        account = BankAccount.objects.get(code=leg.counterparty["bank_account"])
        promise.ordered_again(transfer, locks.legs(transfer.id)[BANK], account)
    return None


def _hand_over(lease: Lease, leg: Leg, order: CreditTransfer) -> BankAnswer:
    try:
        with under(key_of(leg)):
            return rails().bank_of(provider_of(leg)).submit(order)
    except UnknownOutcome as error:
        with transaction.atomic():
            transfer = locks.leased(lease, Status.CONFIRMED)
            moves.unanswered(transfer, leg)
            calls.finish(key_of(leg), outcome=Outcome.UNKNOWN, response=str(error), summary="The bank's answer did not arrive.")
        raise
    except TerminalError as error:
        # The bank refused the message itself, so it holds no order: the same as a rejection, with the bank's words.
        return BankAnswer("RJCT", str(error), "", "", str(error))


def _outcome(answer: BankAnswer) -> ProviderCall.Outcome:
    return Outcome.REFUSED if answer.status in UNPAID else Outcome.ANSWERED


def _said(answer: BankAnswer) -> str:
    return f"The bank answered {answer.said}"
