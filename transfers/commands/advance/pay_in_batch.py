"""The bank leg of an off-ramp whose nostro gathers payouts: join, wait, hand over, and act on what the bank says about this one."""

from django.db import transaction

from audit import clock
from transfers import locks
from transfers.commands import calls
from transfers.commands.advance.bank_verdict import UNPAID, act_on
from transfers.commands.advance.gather import joined, wait_for
from transfers.commands.advance.hand_over import hand_over
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.advance.payout_order import key_of, provider_of
from transfers.commands.exchanges import under
from transfers.crashpoints import crashpoint
from transfers.errors import Waiting
from transfers.locks import Lease
from transfers.models import BankAccount, Leg, PayoutBatch, ProviderCall
from transfers.rails.bank import BankAnswer
from transfers.rails.registry import rails
from transfers.states import RequestState, Status

Outcome = ProviderCall.Outcome


def gathering_account(leg: Leg) -> BankAccount | None:
    """The nostro when this payout goes with others; None when it goes by itself, or has begun to."""
    account = BankAccount.objects.get(code=leg.counterparty["bank_account"])
    if leg.batch_id is not None:
        return account
    alone = not account.gather_s or leg.request_state != RequestState.RECEIVED or calls.found(key_of(leg)) is not None
    return None if alone else account


def pay_in_batch(lease: Lease, account: BankAccount) -> None:
    """Raises LeaseLost, Halted, Waiting and the rails' errors. Whatever is raised, doing it again is safe."""
    batch = joined(lease, account)
    if batch.status == PayoutBatch.Status.OPEN and batch.closes_at > clock.now():
        wait_for(lease, batch)
        return
    answered = hand_over(batch.id)
    leg = Leg.objects.get(transfer_id=lease.transfer_id, rail=BANK)
    if answered is None or leg.batch_id != batch.id:
        # Somebody else is at it; or this one was left behind, and joining again will say why.
        wait_for(lease, batch)
        return
    answer = _verdict(leg, answered)
    crashpoint("batch.after_verdict")
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        outcome = Outcome.REFUSED if answer.status in UNPAID else Outcome.ANSWERED
        said = f"The bank answered {answer.status}{f' ({answer.reason})' if answer.reason else ''} in message {batch.message_id}."
        calls.finish(key_of(leg), outcome=outcome, response=answer.raw_response, summary=said)
        act_on(transfer, locks.legs(transfer.id), answer)
        crashpoint("batch.before_outcome")
    crashpoint("batch.after_outcome")


def _verdict(leg: Leg, batch: PayoutBatch) -> BankAnswer:
    """From the bank's answer to the message, or asked for. Raises Waiting for an order that the bank does not know."""
    told = batch.verdicts.get(leg.reference)
    if told:
        status, reason, bank_reference = told
        return BankAnswer(status, reason, bank_reference, "", batch.answer)
    with under(key_of(leg)):
        answer = rails().bank_of(provider_of(leg)).status(leg.reference)
    if answer.status == "NOTFOUND":
        raise Waiting("bank_forgot", f"the bank has message {batch.message_id} and says that it never saw this order in it")
    return answer
