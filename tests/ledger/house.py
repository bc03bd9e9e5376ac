"""Accounts and postings that the tests of this floor share. Amounts are minor units: 1 USDC is 1_000_000."""

from datetime import UTC, datetime
from typing import Any

from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posted, Posting, open_account, post, register_asset
from ledger.queries import balance, trial_balance

USDC, MXN, ETH = "USDC.ethereum", "MXN", "ETH.ethereum"
TOKEN_CONTRACT = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)

ACME = chart.client_account_code("acme", USDC)
GLOBEX = chart.client_account_code("globex", USDC)
HOT = chart.wallet_account_code("hot-1", USDC)
SETTLEMENT = chart.wallet_account_code("settlement", USDC)
FEES = chart.fee_account_code("withdrawal", USDC)
FUNDING = chart.house_account_code("funding", USDC)
NOSTRO = chart.nostro_account_code("nordbank-mxn", MXN)
PAYABLE = chart.payable_account_code("payouts", MXN)
POSITION_USDC = chart.position_account_code(USDC, MXN, USDC)
POSITION_MXN = chart.position_account_code(USDC, MXN, MXN)
FUNDING_MXN = chart.house_account_code("funding", MXN)
GAS = chart.gas_account_code("hot-1", ETH)
NETWORK_FEES = chart.expense_account_code("network-fee", ETH)
FUNDING_ETH = chart.house_account_code("funding", ETH)

_ACCOUNTS = [
    (ACME, AccountKind.CLIENT_MONEY, USDC, chart.client_owner("acme")),
    (GLOBEX, AccountKind.CLIENT_MONEY, USDC, chart.client_owner("globex")),
    (HOT, AccountKind.WALLET, USDC, ""),
    (SETTLEMENT, AccountKind.WALLET, USDC, ""),
    (FEES, AccountKind.FEE_INCOME, USDC, ""),
    (FUNDING, AccountKind.HOUSE_FUNDING, USDC, ""),
    (NOSTRO, AccountKind.NOSTRO, MXN, ""),
    (PAYABLE, AccountKind.PAYABLE, MXN, ""),
    (POSITION_USDC, AccountKind.POSITION, USDC, ""),
    (POSITION_MXN, AccountKind.POSITION, MXN, ""),
    (FUNDING_MXN, AccountKind.HOUSE_FUNDING, MXN, ""),
    (GAS, AccountKind.GAS_INVENTORY, ETH, ""),
    (NETWORK_FEES, AccountKind.NETWORK_FEE_EXPENSE, ETH, ""),
    (FUNDING_ETH, AccountKind.HOUSE_FUNDING, ETH, ""),
]


def open_house() -> None:
    register_asset(code="MXN")
    register_asset(code="USDC", network="ethereum", contract=TOKEN_CONTRACT, name="USD Coin", exponent=6)
    register_asset(code="ETH", network="ethereum", name="Ether", exponent=18)
    for code, kind, asset_id, owner in _ACCOUNTS:
        open_account(code=code, name=code, kind=kind, asset_id=asset_id, owner=owner)


def book(reference: str, *lines: Line, kind: str = "test", **more: Any) -> Posted:
    return post(Posting(reference=reference, kind=kind, lines=lines, **({"value_at": DAY} | more)))


def deposit(reference: str, account_code: str, amount: int, **more: Any) -> Posted:
    """The client sends tokens to the hot wallet: our asset grows, and so does what we owe."""
    return book(reference, Line.debit(HOT, amount), Line.credit(account_code, amount), kind="deposit", **more)


def figures(account_code: str) -> tuple[int, int, int]:
    """(posted, held, available)"""
    now = balance(account_code)
    return now.posted, now.held, now.available


def books_balance() -> bool:
    return all(row.balanced for row in trial_balance())
