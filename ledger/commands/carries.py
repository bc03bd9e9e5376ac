"""Carrying balances forward: a point at the end of every month and every day, once nothing can be booked before it any more."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from ledger.gateway import call
from ledger.queries.carries import first_booked_at, last_point
from ledger.queries.rows import database_now


def carry_forward(*, until: datetime) -> bool:
    """Write what every account held just before `until`. False when that was done before.

    Waits a few seconds for postings in flight, without holding anybody up. Raises MomentNotOver, StillPosting, AlreadyCarried.
    """
    return bool(call("ledger_carry_forward", {"until": until.astimezone(UTC).isoformat()}))


def carry_forward_due() -> list[datetime]:
    """Make the points that are due: every month's end since the last one, and the midnight before now (UTC). Each in its own
    transaction. Raises StillPosting."""
    made = []
    for until in _due(last_point() or first_booked_at(), database_now()):
        with transaction.atomic():
            if carry_forward(until=until):
                made.append(until)
    return made


def _due(since: datetime | None, now: datetime) -> list[datetime]:
    if since is None:
        return []
    points, month = [], next_month(since)
    while month <= now:
        points.append(month)
        month = next_month(month)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return points if midnight <= (points[-1] if points else since) else [*points, midnight]


def next_month(moment: datetime) -> datetime:
    """When the next month begins, in UTC."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
