"""Clients below zero, and what became of it: how much, since when, and which posting began it."""

from dataclasses import dataclass
from datetime import datetime

from ledger.money import AssetUnit
from ledger.queries.assets import unit
from ledger.queries.rows import select


@dataclass(frozen=True, slots=True)
class Overdraft:
    """`amount` minor units of `asset` are owed to us by `owner`. `since` and `caused_by` (a posting's reference) are of the entry
    that began it; empty for an account that only collects, whose entries carry no running balance."""

    account_code: str
    name: str
    kind: str
    owner: str
    asset: AssetUnit
    amount: int
    since: datetime | None
    caused_by: str
    forced_kind: str


# `owed` is positive while the owner owes us: a negative debt of ours, or a receivable.
_OWED = """
    SELECT now.code AS account_code, now.name, now.kind, now.owner, now.asset_id, {sign} * now.posted AS amount,
           began.booked_at AS since, coalesce(began.reference, '') AS caused_by, coalesce(began.forced_kind, '') AS forced_kind
      FROM ledger_account_balance AS now
      LEFT JOIN LATERAL (
           SELECT entry.booked_at, posting.reference, posting.forced_kind
             FROM ledger_entry AS entry JOIN ledger_ledgertransaction AS posting ON posting.id = entry.transaction_id
            WHERE entry.account_id = now.account_id AND {sign} * entry.balance_after > 0
              AND {sign} * entry.balance_after <= entry.debit - entry.credit
            ORDER BY entry.account_version DESC LIMIT 1) AS began ON true
     WHERE now.kind = %(kind)s AND {sign} * now.posted > 0 AND (%(owner)s = '' OR now.owner = %(owner)s)
     ORDER BY began.booked_at, now.code
"""


def overdrafts(owner: str = "") -> list[Overdraft]:
    """Client accounts below zero now, the longest so first; of one owner such as `client:acme`, or of all."""
    return _owed("client_money", -1, owner)


def overdraft_receivables(owner: str = "") -> list[Overdraft]:
    """Overdrafts that were moved to a receivable and are not settled yet, the oldest first."""
    return _owed("overdraft_receivable", 1, owner)


def _owed(kind: str, sign: int, owner: str) -> list[Overdraft]:
    rows = select(_OWED.format(sign=sign), {"kind": kind, "owner": owner})
    return [Overdraft(asset=unit(row.pop("asset_id")), **(row | {"amount": int(row["amount"])})) for row in rows]
