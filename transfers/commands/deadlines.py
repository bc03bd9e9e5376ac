"""By when a transfer should have left its state, worked out when it enters it and stored on its row, so that an alert, the page
and an auditor years later read the same moment.

Machines have minutes or hours (transfers.thresholds); a payout has the business hours of its bank's calendar, and the statement
that shows it the next business day.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime

from transfers.calendars import Calendar, Plan, add_business_days, closing, plan
from transfers.commands.calendars import calendar_of
from transfers.errors import Refused
from transfers.models import BankAccount, Leg, Transfer
from transfers.states import PAID_BY_BANK, TERMINAL, Route, Status
from transfers.thresholds import WAITS_FOR_APPROVAL, threshold

log = logging.getLogger(__name__)
BANK = "bank"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a calendar says about one payout. `plan` None: the rail is always open, and nothing but minutes is promised. The day the
    bank works on it is a day where the bank is."""

    calendar: Calendar
    plan: Plan | None
    value_date: date

    def words(self, route: str) -> str:
        """What the client is told; empty where the usual sentence says it all."""
        if self.plan is None:
            return ""
        day = day_in_words(self.plan.pays_on)
        if route == Route.BANK_SEND_BACK:
            return f"The bank pays the money back on {day}."
        return f"The conversion is done. The bank pays your beneficiary on {day}."


def day_in_words(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


def accepted_deadline(transfer: Transfer) -> datetime | None:
    """For a transfer that is just being accepted: people have longer than machines."""
    if transfer.approval_request_id is not None:
        return transfer.created_at + WAITS_FOR_APPROVAL
    return deadline(transfer, Status.CREATED, transfer.created_at)


def deadline(transfer: Transfer, status: Status, entered: datetime) -> datetime | None:
    """Null for an end alone; the database refuses any other state without one."""
    if status in TERMINAL:
        return None
    if transfer.route in PAID_BY_BANK and status in (Status.CONFIRMED, Status.FIAT_SETTLED):
        by_calendar = _by_calendar(transfer, status, entered)
        if by_calendar is not None:
            return by_calendar
    usual = threshold(Route(transfer.route), status)
    return entered + usual.overdue if usual else None


def expectation(transfer: Transfer, handed_over: datetime) -> Expectation | None:
    """For a payout handed over at that moment; None for a transfer without a bank leg, and for one whose calendar cannot be read:
    knowing less never keeps what happened from being booked. Ordering the payout itself insists on the calendar."""
    account = _account(transfer)
    if account is None:
        return None
    try:
        return expected_of(account, handed_over)
    except (Refused, ValueError) as error:
        log.warning("calendar of %s cannot be read: %s", account.code, error)
        return None


def expected_of(account: BankAccount, handed_over: datetime) -> Expectation:
    """For an order from this nostro. Raises Refused and, for a calendar that never opens, ValueError."""
    calendar = calendar_of(account, handed_over)
    if calendar.is_always_open:
        return Expectation(calendar, None, handed_over.astimezone(calendar.tz).date())
    planned = plan(calendar, handed_over)
    return Expectation(calendar, planned, planned.value_date)


def _by_calendar(transfer: Transfer, status: Status, entered: datetime) -> datetime | None:
    expected = expectation(transfer, entered)
    if expected is None or expected.plan is None:
        return None
    if status is Status.CONFIRMED:
        return expected.plan.late_after
    # The statement of the day comes in the night; whoever reads it does so on the next business day.
    day = add_business_days(expected.calendar, entered.astimezone(expected.calendar.tz).date(), 1)
    return closing(expected.calendar, day)


def _account(transfer: Transfer) -> BankAccount | None:
    leg = Leg.objects.filter(transfer=transfer, rail=BANK).first()
    return BankAccount.objects.filter(code=leg.counterparty.get("bank_account", "")).first() if leg else None
