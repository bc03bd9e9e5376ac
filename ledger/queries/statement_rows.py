"""The rows of a statement, in their one order, and the totals of its interval."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.queries import cursors
from ledger.queries.times import POSTING, POSTING_TIME, TimeBasis

# The order of a statement: by its time, then as booked. A cursor holds these six of the row it stands at.
_KEY = "{time}, entry.booked_at, entry.cluster_epoch, entry.txid, entry.transaction_id, entry.ordinal"
_CURSOR = (
    "%(key_0)s::timestamptz, %(key_1)s::timestamptz, %(key_2)s::integer, %(key_3)s::bigint, %(key_4)s::uuid, %(key_5)s::integer"
)
_PARTS = 6
_WHERE = """
    entry.account_id = %(account)s
    AND entry.booked_at >= %(from)s AND {time} >= %(since)s AND {time} < %(until)s AND entry.booked_at < %(known)s {reach}
"""
_PASSED = """
    SELECT coalesce(sum(entry.debit - entry.credit), 0) AS passed
      FROM ledger_entry AS entry {posting} WHERE {where} AND ({key}) {passed} ({cursor})
"""
_MOVEMENTS = """
    SELECT posting.kind, entry.debit > 0 AS is_debit, sum(entry.debit + entry.credit) AS amount, count(*) AS entries
      FROM ledger_entry AS entry {posting} WHERE {where}
     GROUP BY posting.kind, entry.debit > 0 ORDER BY is_debit DESC, amount DESC, posting.kind
"""
_ROWS = """
    SELECT entry.booked_at, entry.value_at, posting.settled_at, posting.reference, posting.kind, posting.description,
           posting.transaction_id, reversed.reference AS reverses, entry.debit, entry.credit,
           entry.cluster_epoch, entry.txid, entry.transaction_id AS posting_id, entry.ordinal
      FROM ledger_entry AS entry {posting}
      LEFT JOIN ledger_ledgertransaction AS reversed ON reversed.id = posting.reverses_id
     WHERE {where} ORDER BY {order}
"""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """`change` and `balance` are minor units in the account's normal direction; `balance` is what it was after this row."""

    booked_at: datetime
    value_at: datetime
    settled_at: datetime | None
    reference: str
    kind: str
    description: str
    transaction_id: UUID | None
    reverses: str | None
    debit: int
    credit: int
    change: int
    balance: int


def passed_sql(by: TimeBasis, passed: str) -> str:
    """The net of the interval's rows on the far side of the cursor ("<=" or ">=")."""
    posting, where = POSTING if by.needs_posting else "", _where(by, joined=by.needs_posting)
    return _PASSED.format(posting=posting, where=where, key=_key(by), passed=passed, cursor=_CURSOR)


def movements_sql(by: TimeBasis) -> str:
    """Debits and credits of the interval by the kind of their postings."""
    return _MOVEMENTS.format(posting=POSTING, where=_where(by, joined=True))


def rows_sql(by: TimeBasis, *, newest_first: bool = False, beyond: str | None = None, limited: bool = False) -> str:
    """Rows of the interval in order. `beyond` the cursor (">" or "<") when there is one."""
    where = _where(by, joined=True) + (f" AND ({_key(by)}) {beyond} ({_CURSOR})" if beyond else "")
    order = ", ".join(f"{column} {'DESC' if newest_first else 'ASC'}" for column in _key(by).split(", "))
    return _ROWS.format(posting=POSTING, where=where, order=order) + (" LIMIT %(limit)s" if limited else "")


def cursor_after(row: dict[str, Any], by: TimeBasis) -> str:
    """The cursor that stands at `row`."""
    times = [row[by.value].isoformat(), row["booked_at"].isoformat()]
    return cursors.encode([*times, *(str(row[name]) for name in ("cluster_epoch", "txid", "posting_id", "ordinal"))])


def cursor_parameters(cursor: str) -> dict[str, str]:
    """Raises BadCursor."""
    key = cursors.decode(cursor, _PARTS)
    try:
        datetime.fromisoformat(key[0]), datetime.fromisoformat(key[1]), int(key[2]), int(key[3]), UUID(key[4]), int(key[5])
    except ValueError as error:
        raise cursors.BadCursor("this page link is damaged; start again from the first page") from error
    return {f"key_{position}": part for position, part in enumerate(key)}


def read(row: dict[str, Any], *, change: int, balance: int) -> StatementRow:
    names = ("booked_at", "value_at", "settled_at", "reference", "kind", "description", "transaction_id", "reverses")
    facts = {name: row[name] for name in names}
    return StatementRow(**facts, debit=int(row["debit"]), credit=int(row["credit"]), change=change, balance=balance)


def _where(by: TimeBasis, *, joined: bool) -> str:
    reach = f"AND {POSTING_TIME} >= %(from)s" if joined else ""
    if by is TimeBasis.BOOKED and joined:
        reach = f"AND {POSTING_TIME} >= %(since)s AND {POSTING_TIME} < %(until)s"
    return _WHERE.format(time=by.column, reach=reach)


def _key(by: TimeBasis) -> str:
    return _KEY.format(time=by.column)
