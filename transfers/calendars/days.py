"""Business days."""

from datetime import date, timedelta

from transfers.calendars import holidaylists
from transfers.calendars.calendar import Calendar

_DAY = timedelta(days=1)
# Longer than any run of closed days that a calendar may have; beyond it the calendar is wrong, not the day.
_LONGEST_CLOSED = 60
_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


class NeverOpen(ValueError):
    """The calendar has no business day in sight."""


def why_closed(calendar: Calendar, day: date) -> str:
    """In words, empty for a business day."""
    written = day.isoformat()
    if written in calendar.also_open:
        return ""
    if day.weekday() not in calendar.weekdays:
        return f"closed on {_WEEKDAYS[day.weekday()]}"
    if written in calendar.also_closed or written[5:] in calendar.also_closed:
        return "closed that day"
    return holidaylists.name_of(calendar.market, day)


def is_business_day(calendar: Calendar, day: date) -> bool:
    return not why_closed(calendar, day)


def on_or_after(calendar: Calendar, day: date) -> date:
    """The day itself, or the next business day. Raises NeverOpen."""
    for distance in range(_LONGEST_CLOSED):
        if is_business_day(calendar, day + distance * _DAY):
            return day + distance * _DAY
    raise NeverOpen(f"calendar {calendar.code} is closed for {_LONGEST_CLOSED} days from {day}")


def next_business_day(calendar: Calendar, day: date) -> date:
    """Strictly after. Raises NeverOpen."""
    return on_or_after(calendar, day + _DAY)


def add_business_days(calendar: Calendar, day: date, count: int) -> date:
    """`count` business days after the first business day on or after `day`. Raises NeverOpen."""
    found = on_or_after(calendar, day)
    for _ in range(count):
        found = next_business_day(calendar, found)
    return found
