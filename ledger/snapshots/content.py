"""The answer to a question, as canonical bytes. What may still change about an account (its name, status, floor) is not told."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ledger.errors import StatementTooLong
from ledger.exports.content import Content, canonical, moment, statement_content
from ledger.queries import statement_page
from ledger.queries.as_of import BalanceAsOf, balances_as_of
from ledger.queries.reading import one_snapshot
from ledger.queries.statements import statement
from ledger.queries.times import TimeBasis
from ledger.snapshots.asked import Question, SnapshotKind

# Some hundred bytes each; what is kept in one row has to stay readable in one piece.
MOST_ROWS = 100_000


def answer(asked: Question) -> Content:
    """What the books say to `asked`, from one snapshot. Raises UnknownAccount, StatementTooLong, MonthArchived."""
    with one_snapshot(timeout_s=300):
        if asked.kind is SnapshotKind.STATEMENT:
            return _statement(asked)
        owner = asked.parameters.get("owner")
        found = balances_as_of(asked.at, asked.by, owner=owner, known_at=asked.known_at)
        moved = [balance for balance in found if balance.entries]
        told = _balances(moved) if asked.kind is SnapshotKind.BALANCES else _trial_balance(moved)
        return canonical(_head(asked) | told)


def _head(asked: Question) -> dict[str, Any]:
    return {
        "format": f"countersign-{asked.kind.replace('_', '-')}/1",
        "basis": asked.by.value,
        "at": moment(asked.at),
        "known_at": moment(asked.known_at),
        "parameters": asked.parameters,
    }


def _statement(asked: Question) -> Content:
    code = asked.parameters["account"]
    entries = statement_page(code, since=asked.since, until=asked.at, by=asked.by, limit=1).entries
    if entries > MOST_ROWS:
        raise StatementTooLong(entries, MOST_ROWS)
    # By booking time the end of the interval says it all, and the bytes are those of a statement that was never kept.
    known_at = None if asked.by is TimeBasis.BOOKED else asked.known_at
    return statement_content(statement(code, since=asked.since, until=asked.at, by=asked.by, known_at=known_at), known_at=known_at)


def _balances(balances: Sequence[BalanceAsOf]) -> dict[str, Any]:
    return {"accounts": [_account(balance) | {"asset": balance.asset.id, "owner": balance.owner} for balance in balances]}


def _trial_balance(balances: Sequence[BalanceAsOf]) -> dict[str, Any]:
    return {"assets": [_asset(list(accounts)) for _, accounts in groupby(balances, key=lambda balance: balance.asset.id)]}


def _asset(accounts: list[BalanceAsOf]) -> dict[str, Any]:
    by_type: dict[str, int] = {}
    for account in accounts:
        by_type[account.type] = by_type.get(account.type, 0) + account.posted
    return {
        "asset": accounts[0].asset.id,
        "exponent": accounts[0].asset.exponent,
        "debits": str(sum(account.debits for account in accounts)),
        "credits": str(sum(account.credits for account in accounts)),
        "by_type": {name: str(amount) for name, amount in by_type.items()},
        "accounts": [_account(account) for account in accounts],
    }


def _account(balance: BalanceAsOf) -> dict[str, Any]:
    return {
        "account": balance.code,
        "kind": balance.kind,
        "type": balance.type,
        "debits": str(balance.debits),
        "credits": str(balance.credits),
        "posted": str(balance.posted),
        "entries": balance.entries,
    }
