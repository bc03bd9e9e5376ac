"""What a calendar says about a payment handed over at a moment: its value date, when the bank pays, and when it is late."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from transfers.calendars.calendar import Calendar
from transfers.calendars.days import add_business_days, is_business_day, next_business_day, on_or_after, why_closed
from transfers.calendars.hours import add_business_hours, at, opening


@dataclass(frozen=True, slots=True)
class Plan:
    """`value_date` is the day the bank works on it, `pays_on` the day the beneficiary should have it, `late_after` when somebody
    should look. `missed` says, in words, why it is not worked on the day it was handed over; empty when it is."""

    value_date: date
    pays_on: date
    late_after: datetime
    missed: str


def plan(calendar: Calendar, handed_over: datetime) -> Plan:
    """Raises NeverOpen."""
    local = handed_over.astimezone(calendar.tz)
    missed = _missed(calendar, local)
    value_date = next_business_day(calendar, local.date()) if missed else on_or_after(calendar, local.date())
    pays_on = add_business_days(calendar, value_date, calendar.settlement_days)
    begins = handed_over if pays_on == local.date() else opening(calendar, pays_on)
    late_after = add_business_hours(calendar, begins, timedelta(hours=calendar.settlement_hours))
    return Plan(value_date, pays_on, late_after, missed)


def _missed(calendar: Calendar, local: datetime) -> str:
    if not is_business_day(calendar, local.date()):
        return f"{calendar.title}: {why_closed(calendar, local.date())}"
    last = calendar.cut_off or calendar.closes
    if last is not None and local.astimezone(UTC) >= at(calendar, local.date(), last):
        return f"{calendar.title}: after the cut-off at {last:%H:%M} ({_place(calendar)})"
    return ""


def _place(calendar: Calendar) -> str:
    return calendar.zone.rsplit("/", 1)[-1].replace("_", " ")
