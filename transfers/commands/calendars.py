"""Keeping the calendars of bank rails, and reading the one that was in force at a moment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.commands import record
from transfers.calendars import ALWAYS_OPEN, Calendar
from transfers.errors import Conflict, Refused
from transfers.models import BankAccount, BankCalendar
from transfers.vocabulary import CALENDAR_SET


@transaction.atomic
def set_calendar(
    calendar: Calendar,
    *,
    valid_from: datetime,
    reason: str = "",
    diff: dict[str, Any] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> BankCalendar:
    """From `valid_from` on, the calendar of this code reads so; `diff` and `metadata` are said on the trail beside that. Repeating
    it changes nothing; raises Conflict when another reading begins at that very moment: what was in force is never rewritten."""
    content = columns(calendar)
    known = BankCalendar.objects.filter(code=calendar.code, valid_from=valid_from).first()
    if known is not None:
        if any(getattr(known, name) != value for name, value in content.items()):
            raise Conflict(
                f"Calendar {calendar.code} reads otherwise from {valid_from:%Y-%m-%d %H:%M} UTC on; choose a later moment."
            )
        return known
    row = BankCalendar(code=calendar.code, valid_from=valid_from, **content)
    row.change_reason = reason
    row.save(force_insert=True)
    told = {name: str(value) for name, value in content.items()}
    record(
        type=CALENDAR_SET,
        resource_type="bank_calendar",
        resource_id=str(row.id),
        reason=reason,
        diff=diff,
        metadata={"code": calendar.code, "valid_from": valid_from, **told, **(metadata or {})},
    )
    return row


def calendar_at(code: str, moment: datetime) -> Calendar:
    """As it was in force at `moment`. No code is a rail that is always open. Raises Refused for a code nobody has set."""
    if not code:
        return ALWAYS_OPEN
    row = row_at(code, moment)
    if row is None:
        raise Refused("calendar_unknown", f"There is no calendar {code} at {moment:%Y-%m-%d %H:%M} UTC.")
    return read(row)


def row_at(code: str, moment: datetime) -> BankCalendar | None:
    """The reading of this calendar that was in force at `moment`."""
    return BankCalendar.objects.filter(code=code, valid_from__lte=moment).order_by("-valid_from").first()


def calendar_of(account: BankAccount, moment: datetime) -> Calendar:
    """The calendar of the rail that this nostro pays over. Raises Refused."""
    return calendar_at(account.calendar_code, moment)


def read(row: BankCalendar) -> Calendar:
    return Calendar(
        code=row.code,
        title=row.title,
        zone=row.zone,
        market=row.market,
        weekdays=frozenset(int(number) for number in row.weekdays),
        opens=row.opens,
        cut_off=row.cut_off,
        closes=row.closes,
        settlement_days=row.settlement_days,
        settlement_hours=row.settlement_hours,
        also_closed=frozenset(row.also_closed),
        also_open=frozenset(row.also_open),
    )


def columns(calendar: Calendar) -> Mapping[str, Any]:
    return {
        "title": calendar.title,
        "zone": calendar.zone,
        "market": calendar.market,
        "weekdays": "".join(str(number) for number in sorted(calendar.weekdays)),
        "opens": calendar.opens,
        "cut_off": calendar.cut_off,
        "closes": calendar.closes,
        "settlement_days": calendar.settlement_days,
        "settlement_hours": calendar.settlement_hours,
        "also_closed": sorted(calendar.also_closed),
        "also_open": sorted(calendar.also_open),
    }
