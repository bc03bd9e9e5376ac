"""Months of entries that are archived: what stands on carried balances is answered without them, the rest is refused by name."""

from datetime import UTC, datetime
from typing import Any

from audit.archive.months import archived_until
from ledger.errors import MonthArchived
from ledger.queries.rows import select
from ledger.queries.times import TimeBasis

_EVER = datetime(1, 1, 1, tzinfo=UTC)
# The latest time, by value or settlement, of what the archived months hold of some accounts.
_REACH = """
    SELECT max(line.last_value_at) AS value_at, max(line.last_settled_at) AS settled_at
      FROM ledger_carry_balance AS line WHERE line.until <= %(archived)s AND line.account_id = ANY (%(accounts)s)
"""


def entries_archived_until() -> datetime | None:
    """Entries booked before this moment are archived; None when none are."""
    return archived_until("ledger_entry")


def refuse_reading_from(booked_from: datetime | None, *, booked_until: datetime | None = None) -> None:
    """Raises MonthArchived when entries booked from `booked_from` (None: from the first) on are needed and some are archived.
    Nothing is needed from `booked_until` on."""
    archived = entries_archived_until()
    if archived is None:
        return
    reached = archived if booked_until is None else min(archived, booked_until)
    if (booked_from or _EVER) < reached:
        raise MonthArchived(archived)


def refuse_interval(by: TimeBasis, since: datetime, accounts: list[Any]) -> None:
    """Raises MonthArchived when entries of `accounts` that count from `since` on by `by` may be archived."""
    archived = entries_archived_until()
    if archived is None:
        return
    if by is TimeBasis.BOOKED:
        latest = archived
    else:
        latest = select(_REACH, {"archived": archived, "accounts": accounts})[0][by.value]
    if latest is not None and (since < latest or (by is not TimeBasis.BOOKED and since == latest)):
        raise MonthArchived(archived)
