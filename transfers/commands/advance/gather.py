"""A payout that shares a message with others: it joins the open batch of its nostro and value date, and waits for it to close.

Locks go transfer, legs, batch, halts. Whoever hands a batch over locks the transfers of all its members first, by their ids.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from audit import clock
from audit.identity import new_reference
from transfers import locks
from transfers.calendars.hours import at
from transfers.commands import moves
from transfers.commands.advance import promise
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.advance.permit import no_halt
from transfers.commands.deadlines import Expectation, expected_of
from transfers.crashpoints import crashpoint
from transfers.errors import LeaseLost
from transfers.locks import Lease
from transfers.models import BankAccount, PayoutBatch
from transfers.rails.bank.pain001 import MOST_IN_A_MESSAGE
from transfers.states import RequestState, Status

State = PayoutBatch.Status
# A batch that somebody else hands over is looked at again this soon.
SOON = timedelta(seconds=1)
# A message is with the bank before the cut-off, not closed at it.
TO_HAND_OVER = timedelta(minutes=1)


def joined(lease: Lease, account: BankAccount) -> PayoutBatch:
    """The batch that the leg is in, joined now unless it was. Raises LeaseLost, Halted, Refused."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        leg = locks.legs(transfer.id)[BANK]
        if leg.batch_id is not None:
            return PayoutBatch.objects.get(pk=leg.batch_id)
        if leg.request_state != RequestState.RECEIVED:
            raise LeaseLost(f"leg {leg.reference} was left out of a message that was handed over: it goes by itself")
        now = clock.now()
        expected = expected_of(account, now)
        batch = _open_batch(account, expected, now)
        no_halt(transfer, legs={BANK: leg}, provider=account.provider)
        promise.ordered(transfer, leg, expected, on_leg={"batch": batch}, told={"batch": batch.message_id})
        crashpoint("gather.before_commit")
    crashpoint("gather.after_commit")
    return batch


def wait_for(lease: Lease, batch: PayoutBatch) -> None:
    """Nothing to do for this transfer until the batch closes, or is through somebody else's hands."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        until = max(batch.closes_at, clock.now() + SOON)
        moves.set_columns(transfer, due_at=until, attempts=0, last_error="", stopped_by="")


def _open_batch(account: BankAccount, expected: Expectation, now: datetime) -> PayoutBatch:
    """The open one, locked, or a new one."""
    wanted = PayoutBatch.objects.select_for_update().filter(bank_account=account, value_date=expected.value_date, status=State.OPEN)
    found = wanted.first()
    if found is not None and found.closes_at > now and found.legs.count() < MOST_IN_A_MESSAGE:
        return found
    if found is not None:
        # Whoever is in it hands it over; those who come now begin the next.
        PayoutBatch.objects.filter(pk=found.pk).update(status=State.FULL, closes_at=min(found.closes_at, now))
    try:
        with transaction.atomic():
            return PayoutBatch.objects.create(
                message_id=new_reference(),
                bank_account=account,
                value_date=expected.value_date,
                opened_at=now,
                closes_at=_closing(account, expected, now),
            )
    except IntegrityError:
        return wanted.get()


def _closing(account: BankAccount, expected: Expectation, now: datetime) -> datetime:
    """In time for the cut-off that its value date was promised by; at once for what comes in the last minute."""
    closes = now + timedelta(seconds=account.gather_s)
    calendar = expected.calendar
    last = at(calendar, expected.value_date, calendar.cut_off or calendar.closes)
    return max(now, min(closes, last - TO_HAND_OVER))
