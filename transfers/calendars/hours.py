"""Business hours: counted as they pass, so that a day on which clocks change is an hour shorter or longer like for everybody."""

from datetime import UTC, date, datetime, time, timedelta

from transfers.calendars.calendar import Calendar
from transfers.calendars.days import is_business_day, next_business_day

_DAY = timedelta(days=1)


def at(calendar: Calendar, day: date, moment: time | None) -> datetime:
    """This time of that day in the calendar's zone, in UTC; None is the midnight that ends the day. A time that the clocks skip
    is read as if they had not yet changed, one that comes twice is its first."""
    local = datetime.combine(day, moment) if moment is not None else datetime.combine(day + _DAY, time(0))
    return local.replace(tzinfo=calendar.tz).astimezone(UTC)


def opening(calendar: Calendar, day: date) -> datetime:
    return at(calendar, day, calendar.opens)


def closing(calendar: Calendar, day: date) -> datetime:
    return at(calendar, day, calendar.closes)


def add_business_hours(calendar: Calendar, start: datetime, span: timedelta) -> datetime:
    """The moment by which `span` of business hours has passed since `start`. A span that is used up at closing time ends then, not
    at the next opening. Raises NeverOpen."""
    day = start.astimezone(calendar.tz).date()
    left = span
    while True:
        if is_business_day(calendar, day):
            begin, end = max(start, opening(calendar, day)), closing(calendar, day)
            if end - begin >= left:
                return begin + left
            left -= max(end - begin, timedelta(0))
        day = next_business_day(calendar, day)
