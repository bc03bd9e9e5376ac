"""Our bank accounts for reading: when each pays next, which days it is closed, and how its calendar came to read so."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from approvals.models import ApprovalRequest
from audit import clock
from backoffice.console.audit.changes import Change
from backoffice.console.audit.kinds import kinds
from backoffice.console.audit.values import values
from transfers.calendars import Calendar, Plan, plan, why_closed
from transfers.calendars.days import NeverOpen
from transfers.commands.calendar_changes import ACTION
from transfers.commands.calendars import read, row_at
from transfers.models import BankAccount, BankCalendar

_AHEAD = timedelta(days=120)
_MOST_CLOSED = 12
_MOST_READINGS = 50
_SAID_ELSEWHERE = ("code", "valid from")


@dataclass(frozen=True, slots=True)
class Reading:
    """The calendar as it reads from a moment on; `changes` against the reading before, none for the first."""

    row: BankCalendar
    changes: list[Change]
    by: str
    why: str
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Bank:
    """`calendar` None: it pays at any time, or (`is_missing`) its calendar is none that there is. `plan` is that of a payment
    handed over now, None where no day is open in sight."""

    account: BankAccount
    calendar: Calendar | None
    plan: Plan | None
    is_missing: bool


def banks() -> list[Bank]:
    return [bank_of(account) for account in BankAccount.objects.select_related("asset").order_by("name")]


def bank_of(account: BankAccount) -> Bank:
    now = clock.now()
    row = row_at(account.calendar_code, now) if account.calendar_code else None
    if row is None:
        return Bank(account, None, None, bool(account.calendar_code))
    calendar = read(row)
    try:
        return Bank(account, calendar, plan(calendar, now), is_missing=False)
    except NeverOpen:
        return Bank(account, calendar, None, is_missing=False)


def closed_days(calendar: Calendar) -> list[tuple[date, str]]:
    """The next days that are no ordinary day off, with why: holidays of the list, and our own."""
    today = clock.now().astimezone(calendar.tz).date()
    days = (today + timedelta(days=ahead) for ahead in range(_AHEAD.days))
    found = [(day, why_closed(calendar, day)) for day in days if day.weekday() in calendar.weekdays]
    return [(day, why) for day, why in found if why][:_MOST_CLOSED]


def readings(code: str) -> list[Reading]:
    """Newest first."""
    rows = list(BankCalendar.objects.filter(code=code).order_by("-valid_from")[: _MOST_READINGS + 1])
    current = row_at(code, clock.now())
    before: list[BankCalendar | None] = [*rows[1:], None]
    pairs = list(zip(rows, before, strict=True))[:_MOST_READINGS]
    return [_reading(row, was, is_in_force=row == current) for row, was in pairs]


def _reading(row: BankCalendar, was: BankCalendar | None, *, is_in_force: bool) -> Reading:
    version = row.history.order_by("history_date").first()
    return Reading(
        row,
        _changes(was, row) if was is not None else [],
        version.history_user_id if version else "",
        (version.history_change_reason if version else "") or "",
        is_in_force,
    )


def _changes(was: BankCalendar, row: BankCalendar) -> list[Change]:
    fields = kinds()["bankcalendar"].fields
    old, new = values(was, fields), values(row, fields)
    names = [name for name in new if name not in _SAID_ELSEWHERE and old[name] != new[name]]
    return [Change(name, old[name], new[name]) for name in names]


def pending_change(code: str) -> ApprovalRequest | None:
    return ApprovalRequest.objects.filter(action=ACTION, subject_id=code, status=ApprovalRequest.Status.PENDING).first()


def sharers(account: BankAccount) -> list[BankAccount]:
    """Other accounts with the same calendar."""
    return list(BankAccount.objects.filter(calendar_code=account.calendar_code).exclude(pk=account.pk).order_by("name"))


def as_at(moment: datetime, calendar: Calendar) -> str:
    """The wall clock at the bank."""
    return f"{moment.astimezone(calendar.tz):%H:%M}"
