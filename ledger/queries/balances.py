"""What accounts hold: posted in the account's normal direction, held, and available (posted minus held)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.errors import UnknownAccount
from ledger.money import AssetUnit
from ledger.queries.assets import unit
from ledger.queries.rows import select

_SELECT = """
    SELECT code, name, kind, type, owner, asset_id, guarded, floor, status, debits, credits, entries, posted, held
      FROM ledger_account_balance {where} ORDER BY asset_id, code
"""


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """All amounts are minor units of `asset`. `posted` counts in the direction in which accounts of this type grow."""

    code: str
    name: str
    kind: str
    type: str
    owner: str
    asset: AssetUnit
    guarded: bool
    floor: int
    status: str
    debits: int
    credits: int
    entries: int
    posted: int
    held: int

    @property
    def available(self) -> int:
        return self.posted - self.held


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """All accounts of one asset: `debits` equals `credits` in true books, and so do the two sides of the accounting equation."""

    asset: AssetUnit
    debits: int
    credits: int
    by_type: dict[str, int]
    accounts: list[AccountBalance]

    @property
    def balanced(self) -> bool:
        return self.debits == self.credits


def balance(account_code: str) -> AccountBalance:
    """One account's balance now. Raises UnknownAccount."""
    found = _balances("WHERE code = %(code)s", {"code": account_code})
    if not found:
        raise UnknownAccount(account_code)
    return found[0]


def balances_of(owner: str) -> list[AccountBalance]:
    """Balances of every account of `owner` (such as `client:acme`), by asset and code."""
    return _balances("WHERE owner = %(owner)s", {"owner": owner})


def balances_by_code(codes: Sequence[str]) -> dict[str, AccountBalance]:
    """The balances of these accounts from one snapshot; codes that nobody has are left out."""
    found = _balances("WHERE code = ANY(%(codes)s)", {"codes": list(codes)}) if codes else []
    return {account.code: account for account in found}


def trial_balance() -> list[TrialBalanceRow]:
    """Every account, per asset, from one snapshot."""
    by_asset: dict[str, list[AccountBalance]] = {}
    for account in _balances("", {}):
        by_asset.setdefault(account.asset.id, []).append(account)
    return [_trial_row(accounts) for accounts in by_asset.values()]


def _trial_row(accounts: list[AccountBalance]) -> TrialBalanceRow:
    by_type: dict[str, int] = {}
    for account in accounts:
        by_type[account.type] = by_type.get(account.type, 0) + account.posted
    return TrialBalanceRow(
        asset=accounts[0].asset,
        debits=sum(account.debits for account in accounts),
        credits=sum(account.credits for account in accounts),
        by_type=by_type,
        accounts=accounts,
    )


def _balances(where: str, parameters: dict[str, Any]) -> list[AccountBalance]:
    rows = select(_SELECT.format(where=where), parameters)
    return [_balance(row) for row in rows]


def _balance(row: dict[str, Any]) -> AccountBalance:
    amounts = {name: int(row[name]) for name in ("floor", "debits", "credits", "entries", "posted", "held")}
    asset = unit(row.pop("asset_id"))
    return AccountBalance(asset=asset, **(row | amounts))
