"""The reads of the ledger."""

from ledger.queries.assets import assets, forget_units, unit
from ledger.queries.balances import AccountBalance, TrialBalanceRow, balance, balances_of, trial_balance
from ledger.queries.book import entries_of, holds_of, postings_of
from ledger.queries.overdrafts import Overdraft, overdraft_receivables, overdrafts
from ledger.queries.statements import Statement, StatementRow, TimeBasis, statement

__all__ = [
    "AccountBalance",
    "Overdraft",
    "Statement",
    "StatementRow",
    "TimeBasis",
    "TrialBalanceRow",
    "assets",
    "balance",
    "balances_of",
    "entries_of",
    "forget_units",
    "holds_of",
    "overdraft_receivables",
    "overdrafts",
    "postings_of",
    "statement",
    "trial_balance",
    "unit",
]
