"""The statement of one account for an interval: opening balance, every entry with the balance after it, closing balance."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ledger.errors import UnknownAccount
from ledger.models import Account
from ledger.money import AssetUnit
from ledger.queries.assets import unit
from ledger.queries.rows import select


class TimeBasis(StrEnum):
    """Which of an entry's times places it on the statement: when it was booked, or when it counts."""

    BOOKED = "booked_at"
    VALUE = "value_at"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """`change` and `balance` are minor units in the account's normal direction."""

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


@dataclass(frozen=True, slots=True)
class Statement:
    account_code: str
    asset: AssetUnit
    since: datetime
    until: datetime
    opening: int
    closing: int
    rows: list[StatementRow]


_OPENING = """
    SELECT coalesce(sum(debit - credit), 0) AS net FROM ledger_entry WHERE account_id = %(account)s AND {time} < %(since)s
"""
_ROWS = """
    SELECT entry.booked_at, entry.value_at, posting.settled_at, posting.reference, posting.kind, posting.description,
           posting.transaction_id, reversed.reference AS reverses, entry.debit, entry.credit
      FROM ledger_entry AS entry
      JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id
      LEFT JOIN ledger_ledgertransaction AS reversed ON reversed.id = posting.reverses_id
     WHERE entry.account_id = %(account)s AND entry.{time} >= %(since)s AND entry.{time} < %(until)s
     ORDER BY entry.{time}, entry.booked_at, entry.cluster_epoch, entry.txid, posting.id, entry.ordinal
"""


def statement(account_code: str, *, since: datetime, until: datetime, by: TimeBasis = TimeBasis.BOOKED) -> Statement:
    """Entries of `account_code` from `since` up to, not including, `until`. Raises UnknownAccount."""
    account = Account.objects.filter(code=account_code).first()
    if account is None:
        raise UnknownAccount(account_code)
    direction = 1 if account.type in ("asset", "expense") else -1
    parameters = {"account": account.id, "since": since, "until": until}
    opening = direction * int(select(_OPENING.format(time=by.value), parameters)[0]["net"])
    rows, running = [], opening
    for row in select(_ROWS.format(time=by.value), parameters):
        debit, credit = int(row.pop("debit")), int(row.pop("credit"))
        change = direction * (debit - credit)
        running += change
        rows.append(StatementRow(**row, debit=debit, credit=credit, change=change, balance=running))
    return Statement(account_code, unit(account.asset_id), since, until, opening, running, rows)
