"""What accounts held at a moment: by booking, value or settlement time, and as far as it was known at a moment of booking.

Booking time alone answers "what did the books say then"; the others answer "what was true then", which later postings may still
change. `known_at` pins that down: only what was booked before it counts. All moments are exclusive.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ledger.errors import UnknownAccount
from ledger.money import AssetUnit
from ledger.queries.archived import refuse_reading_from
from ledger.queries.assets import unit
from ledger.queries.rows import select
from ledger.queries.times import POSTING, POSTING_TIME, TimeBasis, start

# Where to begin is read first and handed over as plain values, by which the planner judges far better how much it will meet. Lines
# carried forward never change, so the snapshot of this statement alone decides what counts.
_MOVED = """
    SELECT entry.account_id, sum(entry.debit) AS debits, sum(entry.credit) AS credits, count(*) AS entries
      FROM ledger_entry AS entry
      JOIN unnest(%(ids)s::uuid[], %(sinces)s::timestamptz[]) AS start (id, since)
        ON start.id = entry.account_id AND entry.booked_at >= start.since {posting}
     WHERE entry.booked_at >= %(from)s AND entry.booked_at < %(known)s AND {time} < %(at)s {only}
     GROUP BY entry.account_id
"""
_GROWS_BY_DEBITS = ("asset", "expense")
_NOTHING = {"debits": 0, "credits": 0, "entries": 0}
_FEW = 20
_EVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BalanceAsOf:
    """Totals of one account, in minor units of `asset`. Only what can never change about the account is told of it."""

    code: str
    kind: str
    type: str
    owner: str
    asset: AssetUnit
    debits: int
    credits: int
    entries: int

    @property
    def posted(self) -> int:
        """In the direction in which accounts of this type grow."""
        return direction(self.type) * (self.debits - self.credits)


def direction(account_type: str) -> int:
    """1 for accounts that grow by debits, -1 for the others."""
    return 1 if account_type in _GROWS_BY_DEBITS else -1


@dataclass(frozen=True, slots=True)
class Opening:
    """A balance, and the booking time before which no entry lies at or after its moment; None when that is unknown."""

    account_id: UUID
    balance: BalanceAsOf
    later_are_booked_from: datetime | None


def balance_as_of(
    account_code: str, at: datetime, by: TimeBasis = TimeBasis.BOOKED, *, known_at: datetime | None = None
) -> BalanceAsOf:
    """What the account held just before `at`. Raises UnknownAccount, MonthArchived."""
    return opening(account_code, at, by, known_at=known_at).balance


def opening(account_code: str, at: datetime, by: TimeBasis, *, known_at: datetime | None = None) -> Opening:
    """The same, with where to look for what comes after it. Raises UnknownAccount."""
    found = _as_of(by, at, known_at, "account.code = %(code)s", {"code": account_code})
    if not found:
        raise UnknownAccount(account_code)
    return found[0]


def balances_as_of(
    at: datetime, by: TimeBasis = TimeBasis.BOOKED, *, owner: str | None = None, known_at: datetime | None = None
) -> list[BalanceAsOf]:
    """Every account just before `at`, or those of `owner`, by asset and code, from one snapshot. Accounts without entries are there
    too, with zeros."""
    which = "true" if owner is None else "account.owner = %(owner)s"
    return [found.balance for found in _as_of(by, at, known_at, which, {"owner": owner})]


def _as_of(by: TimeBasis, at: datetime, known_at: datetime | None, which: str, parameters: dict[str, Any]) -> list[Opening]:
    bounds = {"at": at, "known": known_at or "infinity"}
    starts = select(start(by, which), parameters | bounds)
    moved = {row["account_id"]: row for row in _moved(by, starts, bounds)} if starts else {}
    return [_read(row, moved.get(row["id"], _NOTHING)) for row in starts]


def _moved(by: TimeBasis, starts: list[dict[str, Any]], bounds: dict[str, Any]) -> list[dict[str, Any]]:
    sinces = [row["since"] or _EVER for row in starts]
    # By booking time nothing at or after the moment is needed; by the others it may have been booked at any time since.
    refuse_reading_from(min(sinces), booked_until=bounds["at"] if by is TimeBasis.BOOKED else None)
    only = f"AND {POSTING_TIME} >= %(from)s" if by.needs_posting else ""
    # Naming the accounts helps to find a few, and would hinder adding up all.
    only += " AND entry.account_id = ANY (%(ids)s::uuid[])" if len(starts) <= _FEW else ""
    sql = _MOVED.format(posting=POSTING if by.needs_posting else "", time=by.column, only=only)
    return select(sql, bounds | {"ids": [row["id"] for row in starts], "sinces": sinces, "from": min(sinces)})


def _read(row: dict[str, Any], moved: dict[str, Any]) -> Opening:
    names = ("debits", "credits", "entries")
    amounts = {name: int(row[name]) + int(moved[name]) for name in names}
    facts: dict[str, Any] = {name: row[name] for name in ("code", "kind", "type", "owner")} | amounts
    return Opening(row["id"], BalanceAsOf(asset=unit(row["asset_id"]), **facts), row["since"])
