"""What chain and bank say, asked past all code of ours: what we hold there, and what was paid."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from django.conf import settings
from django.db import connection

from backoffice.campaign.weather import rpc
from ledger.queries import balance
from transfers.models import BankAccount, Leg, Wallet
from transfers.states import RequestState

_CONTRACT = """
    SELECT asset.contract FROM ledger_account AS account JOIN ledger_asset AS asset ON asset.id = account.asset_id
     WHERE account.code = %s
"""
_AT_THE_BANK = """
    SELECT opening_balance + coalesce((SELECT sum(amount) FROM booking WHERE booking.iban = account.iban), 0)
      FROM account WHERE iban = ?
"""
_PAID = """
    SELECT end_to_end_id, count(*) FROM booking WHERE kind = 'payment' AND amount < 0 AND end_to_end_id <> ''
     GROUP BY end_to_end_id HAVING count(*) > 1
"""
_PAID_AT_ALL = "SELECT end_to_end_id FROM booking WHERE kind = 'payment' AND amount < 0 AND end_to_end_id <> ''"


def books_apart() -> dict[str, int]:
    """By account: minor units in our books less those outside, of the tokens of each wallet and of the money at the bank. The demo
    company has oddities of this kind on purpose."""
    wallets = Wallet.objects.exclude(token_account_code="")
    apart = {wallet.token_account_code: balance(wallet.token_account_code).posted - _tokens(wallet) for wallet in wallets}
    with closing(_bank()) as bank:
        for ours in BankAccount.objects.all():
            # An account at a provider without a statement of its own is not at this bank.
            for (kept,) in bank.execute(_AT_THE_BANK, (ours.iban,)):
                apart[ours.account_code] = balance(ours.account_code).posted - kept
    return apart


def paid_twice() -> Iterator[str]:
    """Payments of ours that the bank booked more than once."""
    with closing(_bank()) as bank:
        for name, times in bank.execute(_PAID):
            yield f"{name} was paid {times} times"


def paid_unordered() -> Iterator[str]:
    """Payments that the bank booked and that no leg of ours ordered, by end-to-end id."""
    ordered = set(Leg.objects.filter(rail="bank").exclude(request_state=RequestState.RECEIVED).values_list("reference", flat=True))
    with closing(_bank()) as bank:
        yield from sorted({name for (name,) in bank.execute(_PAID_AT_ALL)} - ordered)


def _bank() -> sqlite3.Connection:
    return sqlite3.connect(f"file:{settings.DATA_DIR}/bank/bank.sqlite3?mode=ro", uri=True, timeout=30)


def _tokens(wallet: Wallet) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_CONTRACT, [wallet.token_account_code])
        (contract,) = cursor.fetchone()
    data = f"0x70a08231{wallet.address.lower().removeprefix('0x'):0>64}"
    return int(rpc("eth_call", {"to": contract, "data": data}, "latest"), 16)
