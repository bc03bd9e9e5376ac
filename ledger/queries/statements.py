"""The statement of one account for an interval: opening balance, every entry with the balance after it, closing balance.

Whole, page by page, or streamed for a file: opening, rows and closing come from one snapshot, and reading them locks nothing, so a
month's end never makes a posting wait. Intervals include their beginning and not their end: those side by side join up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ledger.money import AssetUnit
from ledger.queries import statement_rows
from ledger.queries.archived import refuse_reading_from
from ledger.queries.as_of import Opening, direction, opening
from ledger.queries.reading import one_snapshot, stream
from ledger.queries.rows import select
from ledger.queries.statement_rows import StatementRow
from ledger.queries.times import TimeBasis

MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class Statement:
    """Amounts are minor units of `asset`. Everything but `rows` is of the whole interval, whichever page the rows are.

    `next_cursor` is None on the last page.
    """

    account_code: str
    asset: AssetUnit
    since: datetime
    until: datetime
    by: TimeBasis
    opening: int
    closing: int
    debits: int
    credits: int
    entries: int
    rows: list[StatementRow]
    next_cursor: str | None = None


def statement(
    account_code: str, *, since: datetime, until: datetime, by: TimeBasis = TimeBasis.BOOKED, known_at: datetime | None = None
) -> Statement:
    """Entries of `account_code` from `since` up to, not including, `until`; only those booked before `known_at` when it is given.
    Raises UnknownAccount, MonthArchived."""
    with statement_stream(account_code, since=since, until=until, by=by, known_at=known_at) as (head, rows):
        return replace(head, rows=list(rows))


@contextmanager
def statement_stream(
    account_code: str, *, since: datetime, until: datetime, by: TimeBasis = TimeBasis.BOOKED, known_at: datetime | None = None
) -> Iterator[tuple[Statement, Iterator[StatementRow]]]:
    """The statement without rows, and its rows one by one, for as long as the block lasts. Raises UnknownAccount, MonthArchived."""
    with one_snapshot(timeout_s=300):
        start, parameters = _begin(account_code, since, until, by, known_at)
        head, _ = _head(start, parameters, by, known_at, passed=None)
        rows = stream(statement_rows.rows_sql(by), parameters)
        yield head, _running(rows, head.opening, direction(start.balance.type))


def statement_page(
    account_code: str,
    *,
    since: datetime,
    until: datetime,
    by: TimeBasis = TimeBasis.BOOKED,
    after: str | None = None,
    limit: int = 50,
    newest_first: bool = False,
) -> Statement:
    """One page of rows, with the totals of the whole interval. `after` is the `next_cursor` of the page before.

    Raises UnknownAccount, MonthArchived, BadCursor.
    """
    size = max(1, min(limit, MAX_PAGE))
    beyond, passed = ("<", ">=") if newest_first else (">", "<=")
    with one_snapshot():
        start, parameters = _begin(account_code, since, until, by, None)
        parameters |= {"limit": size + 1} | (statement_rows.cursor_parameters(after) if after else {})
        head, net = _head(start, parameters, by, None, passed=passed if after else None)
        sql = statement_rows.rows_sql(by, newest_first=newest_first, beyond=beyond if after else None, limited=True)
        found = select(sql, parameters)
    sign = direction(start.balance.type)
    shown = found[:size]
    if newest_first:
        rows = list(_running_back(shown, head.closing - sign * net, sign))
    else:
        rows = list(_running(iter(shown), head.opening + sign * net, sign))
    return replace(head, rows=rows, next_cursor=statement_rows.cursor_after(shown[-1], by) if len(found) > size else None)


@dataclass(frozen=True, slots=True)
class Movement:
    """All debits, or all credits, that postings of one kind booked on an account in an interval; `amount` in minor units."""

    kind: str
    is_debit: bool
    amount: int
    entries: int


def movements(account_code: str, *, since: datetime, until: datetime, by: TimeBasis = TimeBasis.BOOKED) -> list[Movement]:
    """What moved on `account_code` from `since` up to, not including, `until`: debits first, the largest first. Raises
    UnknownAccount."""
    with one_snapshot():
        _, parameters = _begin(account_code, since, until, by, None)
        found = select(statement_rows.movements_sql(by), parameters)
    return [Movement(row["kind"], row["is_debit"], int(row["amount"]), row["entries"]) for row in found]


def _begin(
    account_code: str, since: datetime, until: datetime, by: TimeBasis, known_at: datetime | None
) -> tuple[Opening, dict[str, Any]]:
    start = opening(account_code, since, by, known_at=known_at)
    refuse_reading_from(start.later_are_booked_from, booked_until=until if by is TimeBasis.BOOKED else None)
    reach = {"from": start.later_are_booked_from or "-infinity", "known": known_at or "infinity"}
    return start, {"account": start.account_id, "since": since, "until": until} | reach


def _head(
    start: Opening, parameters: dict[str, Any], by: TimeBasis, known_at: datetime | None, *, passed: str | None
) -> tuple[Statement, int]:
    """The statement without rows, and the net (debits less credits) of the rows that earlier pages showed.

    Totals are what was there at the end less what was there at the beginning: both begin at a line carried forward, so that a busy
    account is not added up entry by entry."""
    account, until = start.balance, parameters["until"]
    end = opening(account.code, max(until, parameters["since"]), by, known_at=known_at).balance
    totals = {name: getattr(end, name) - getattr(account, name) for name in ("debits", "credits", "entries")}
    head = Statement(account.code, account.asset, parameters["since"], until, by, account.posted, end.posted, rows=[], **totals)
    return head, int(select(statement_rows.passed_sql(by, passed), parameters)[0]["passed"]) if passed else 0


def _running(rows: Iterator[dict[str, Any]], balance: int, sign: int) -> Iterator[StatementRow]:
    for row in rows:
        change = sign * int(row["debit"] - row["credit"])
        balance += change
        yield statement_rows.read(row, change=change, balance=balance)


def _running_back(rows: list[dict[str, Any]], balance: int, sign: int) -> Iterator[StatementRow]:
    for row in rows:
        change = sign * int(row["debit"] - row["credit"])
        yield statement_rows.read(row, change=change, balance=balance)
        balance -= change
