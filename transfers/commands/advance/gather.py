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
from transfers.commands.advance.lock_funds import BANK
from transfers.commands.advance.permit import no_halt
from transfers.commands.deadlines import Expectation, expected_of
from transfers.crashpoints import crashpoint
from transfers.locks import Lease
from transfers.models import BankAccount, Leg, PayoutBatch, Transfer
from transfers.rails.bank.pain001 import MOST_IN_A_MESSAGE
from transfers.states import Status

State = PayoutBatch.Status
# A batch that somebody else hands over is looked at again this soon.
SOON = timedelta(seconds=1)


def joined(lease: Lease, account: BankAccount) -> PayoutBatch:
    """The batch that the leg is in, joined now unless it was. Raises LeaseLost, Halted, Refused."""
    with transaction.atomic():
        transfer = locks.leased(lease, Status.CONFIRMED)
        leg = locks.legs(transfer.id)[BANK]
        if leg.batch_id is not None:
            return PayoutBatch.objects.get(pk=leg.batch_id)
        now = clock.now()
        expected = expected_of(account, now)
        batch = _open_batch(account, expected, now)
        no_halt(transfer, legs={BANK: leg}, provider=account.provider)
        _join(transfer, leg, batch, expected)
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
    value_date = expected.plan.value_date if expected.plan else now.date()
    wanted = PayoutBatch.objects.select_for_update().filter(bank_account=account, value_date=value_date, status=State.OPEN)
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
                value_date=value_date,
                opened_at=now,
                closes_at=_closing(account, expected, now),
            )
    except IntegrityError:
        return wanted.get()


def _closing(account: BankAccount, expected: Expectation, now: datetime) -> datetime:
    """Never beyond the cut-off that its value date was promised by."""
    closes = now + timedelta(seconds=account.gather_s)
    calendar = expected.calendar
    if expected.plan is None or expected.plan.missed:
        return closes
    return min(closes, at(calendar, expected.plan.value_date, calendar.cut_off or calendar.closes))


def _join(transfer: Transfer, leg: Leg, batch: PayoutBatch, expected: Expectation) -> None:
    plan = expected.plan
    dates = {"expected_on": plan.pays_on, "missed_cut_off": plan.missed} if plan else {}
    Leg.objects.filter(pk=leg.pk).update(batch=batch, value_date=batch.value_date, **dates)
    promised = {"deadline_at": plan.late_after, "status_text": expected.words(transfer.route)} if plan else {}
    moves.note(
        transfer,
        "transfer.payout_ordered",
        reason=plan.missed if plan else "",
        data={
            "leg": leg.reference,
            "end_to_end_id": leg.reference,
            "batch": batch.message_id,
            "value_date": batch.value_date.isoformat(),
            "amount": str(leg.amount),
            "asset": leg.asset_id,
            **({"code": "cut_off_missed"} if plan and plan.missed else {}),
        },
        **promised,
    )
