"""Accounting months: closing keeps later postings from being valued inside, reopening allows it again. Both leave their reason."""

from datetime import date

from audit.context import current
from ledger.gateway import call
from ledger.models import Period


def close_period(*, month: date, reason: str) -> bool:
    """Close the month that `month` lies in, after the last posting in flight. False when it was closed. Raises PeriodNotOver."""
    return _set(month, Period.Status.CLOSED, reason)


def reopen_period(*, month: date, reason: str) -> bool:
    """Open it again. False when it was open."""
    return _set(month, Period.Status.OPEN, reason)


def _set(month: date, status: Period.Status, reason: str) -> bool:
    if not reason:
        raise ValueError("closing and reopening a month need a reason")
    request = {"month": month.replace(day=1).isoformat(), "status": status.value, "by": current().actor.id, "reason": reason}
    return bool(call("ledger_set_period", request))
