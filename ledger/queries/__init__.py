"""The reads of the ledger."""

from ledger.queries.as_of import BalanceAsOf, balance_as_of, balances_as_of
from ledger.queries.assets import assets, forget_units, unit
from ledger.queries.balances import AccountBalance, TrialBalanceRow, balance, balances_by_code, balances_of, trial_balance
from ledger.queries.book import entries_of, holds_of, postings_of
from ledger.queries.client_money import ClientMoney, client_money
from ledger.queries.corrections import Corrections, corrections_of, value_time_of_correction
from ledger.queries.cursors import BadCursor
from ledger.queries.drill_down import Behind, EntryBehind, postings_behind
from ledger.queries.overdrafts import Overdraft, overdraft_receivables, overdrafts
from ledger.queries.periods import Month, is_closed, periods
from ledger.queries.revenue import Figure, revenue
from ledger.queries.statement_rows import StatementRow
from ledger.queries.statements import Movement, Statement, movements, statement, statement_page, statement_stream
from ledger.queries.times import TimeBasis

__all__ = [
    "AccountBalance",
    "BadCursor",
    "BalanceAsOf",
    "Behind",
    "ClientMoney",
    "Corrections",
    "EntryBehind",
    "Figure",
    "Month",
    "Movement",
    "Overdraft",
    "Statement",
    "StatementRow",
    "TimeBasis",
    "TrialBalanceRow",
    "assets",
    "balance",
    "balance_as_of",
    "balances_as_of",
    "balances_by_code",
    "balances_of",
    "client_money",
    "corrections_of",
    "entries_of",
    "forget_units",
    "holds_of",
    "is_closed",
    "movements",
    "overdraft_receivables",
    "overdrafts",
    "periods",
    "postings_behind",
    "postings_of",
    "revenue",
    "statement",
    "statement_page",
    "statement_stream",
    "trial_balance",
    "unit",
    "value_time_of_correction",
]
