"""A statement as CSV (RFC 4180), line by line while it is read: a month of a busy account never sits in memory.

The first line after the header is the opening balance, the last the closing one with the totals, so that the file proves itself.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime

from ledger.exports.content import moment
from ledger.money import AssetUnit, Money
from ledger.queries import Statement, StatementRow, TimeBasis, statement_stream

CONTENT_TYPE = "text/csv; charset=utf-8"
HEADER = (
    "line",
    "booked_at",
    "value_at",
    "settled_at",
    "reference",
    "kind",
    "description",
    "reverses",
    "transaction_id",
    "debit",
    "credit",
    "balance",
    "asset",
)
# A spreadsheet takes a cell that begins like this for a formula. An apostrophe makes it text, and shows that something was done.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_LINES_AT_ONCE = 500


def text(cell: str) -> str:
    """A cell of text that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def statement_csv(account_code: str, *, since: datetime, until: datetime, by: TimeBasis = TimeBasis.BOOKED) -> Iterator[bytes]:
    """The file in pieces, UTF-8. Raises UnknownAccount at the first."""
    with statement_stream(account_code, since=since, until=until, by=by) as (head, rows):
        yield from encoded(_lines(head, rows))


def encoded(lines: Iterable[Iterable[str]]) -> Iterator[bytes]:
    """Lines of cells as CSV, some hundred lines at a time."""
    buffer = _Buffer()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for number, line in enumerate(lines, start=1):
        writer.writerow(line)
        if number % _LINES_AT_ONCE == 0:
            yield buffer.taken()
    yield buffer.taken()


class _Buffer:
    """What csv.writer writes to, emptied now and then."""

    def __init__(self) -> None:
        self._written: list[str] = []

    def write(self, piece: str) -> None:
        self._written.append(piece)

    def taken(self) -> bytes:
        data = "".join(self._written).encode()
        self._written.clear()
        return data


def _lines(head: Statement, rows: Iterator[StatementRow]) -> Iterator[tuple[str, ...]]:
    yield HEADER
    yield _edge("opening", head.since, "", "", head.opening, head)
    for number, row in enumerate(rows, start=1):
        yield _line(number, row, head.asset)
    yield _edge("closing", head.until, _major(head.debits, head.asset), _major(head.credits, head.asset), head.closing, head)


def _edge(name: str, at: datetime, debit: str, credit: str, balance: int, head: Statement) -> tuple[str, ...]:
    times = [moment(at) if head.by is by else "" for by in (TimeBasis.BOOKED, TimeBasis.VALUE, TimeBasis.SETTLED)]
    return (name, *times, "", "", text(head.account_code), "", "", debit, credit, _major(balance, head.asset), head.asset.id)


def _line(number: int, row: StatementRow, asset: AssetUnit) -> tuple[str, ...]:
    return (
        str(number),
        moment(row.booked_at),
        moment(row.value_at),
        moment(row.settled_at),
        text(row.reference),
        text(row.kind),
        text(row.description),
        text(row.reverses or ""),
        str(row.transaction_id or ""),
        _major(row.debit, asset) if row.debit else "",
        _major(row.credit, asset) if row.credit else "",
        _major(row.balance, asset),
        asset.id,
    )


def _major(minor: int, asset: AssetUnit) -> str:
    return Money(minor, asset).major()
