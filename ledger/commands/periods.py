"""Accounting months: closing keeps later postings from being valued inside, reopening allows it again. Both leave their reason.

Months close in their order and reopen in the opposite one.
"""

from datetime import date
from typing import Any

from audit.context import current
from ledger.errors import BooksBroken
from ledger.gateway import call
from ledger.models import Period
from ledger.proofs.running import prove
from ledger.queries.proofs import latest_checkpoint


def close_period(*, month: date, reason: str, record: dict[str, Any] | None = None) -> bool:
    """Close the month that `month` lies in, after the last posting in flight and while every proof of the books holds. False when
    it was closed.

    The month keeps `record` together with its figures, the names of the proofs and the checkpoint from which they went on (0: from
    the first entry). Raises PeriodNotOver, PeriodGap (an earlier month is open), BooksBroken.
    """
    first = month.replace(day=1)
    if Period.objects.filter(month__gte=first, status=Period.Status.CLOSED).exists():
        return False
    return _set(first, Period.Status.CLOSED, reason, _proved() | (record or {}))


def reopen_period(*, month: date, reason: str, record: dict[str, Any] | None = None) -> bool:
    """Open the latest closed month again. False when it was open. Raises PeriodNotLast for an earlier one."""
    return _set(month.replace(day=1), Period.Status.OPEN, reason, record or {})


def _proved() -> dict[str, Any]:
    """Raises BooksBroken."""
    since = latest_checkpoint()
    results = list(prove(since))
    if broken := [finding for result in results for finding in result.findings]:
        raise BooksBroken([f"{finding.proof}: {finding.subject}: {finding.message}" for finding in broken])
    return {"proofs": [result.proof.name for result in results], "proved_since_checkpoint": since.checkpoint}


def _set(month: date, status: Period.Status, reason: str, record: dict[str, Any]) -> bool:
    if not reason.strip():
        raise ValueError("closing and reopening a month need a reason")
    request = {"month": month.isoformat(), "status": status.value, "by": current().actor.id, "reason": reason.strip()}
    return bool(call("ledger_set_period", request | {"record": record}))
