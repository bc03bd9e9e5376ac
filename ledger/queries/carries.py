"""The points to which balances are carried forward."""

from datetime import datetime

from ledger.queries.rows import select


def last_point() -> datetime | None:
    """The latest moment that balances are carried forward to, or None."""
    found: datetime | None = select("SELECT max(until) AS until FROM ledger_carry")[0]["until"]
    return found


def first_booked_at() -> datetime | None:
    """When the oldest attached entry was booked, or None while there are none."""
    found: datetime | None = select("SELECT min(booked_at) AS booked_at FROM ledger_entry")[0]["booked_at"]
    return found
