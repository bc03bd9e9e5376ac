"""Every place where the house keeps money: wallets and their gas, bank accounts, and the pools that stand between us and others.

A place is one ledger account; what names it outside is a wallet's address, a bank's number, or nothing where nobody reports it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ledger.chart import AccountKind
from ledger.models import Account
from ledger.money import AssetUnit
from ledger.queries import unit
from transfers.models import BankAccount, Wallet

# Accounts of these kinds hold money, whether or not a wallet or bank account of ours is set up for them.
_POOLS = (AccountKind.WALLET, AccountKind.NOSTRO, AccountKind.CLEARING, AccountKind.RECEIVABLE)


class PlaceKind(StrEnum):
    WALLET = "wallet"
    GAS = "gas"
    BANK = "bank"
    POOL = "pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`owner_code` is the wallet's or bank account's own code. `number` is its address or IBAN, `network` the chain it is on.
    `purpose` is what a wallet is for, or the kind of a pool's account."""

    account_code: str
    name: str
    kind: PlaceKind
    asset: AssetUnit
    owner_code: str = ""
    purpose: str = ""
    network: str = ""
    number: str = ""


def places() -> list[Place]:
    """All of them, by asset, then wallets, gas, banks, pools."""
    accounts = {account.code: account for account in Account.objects.filter(kind__in=_POOLS)}
    of_gas = {account.code: account for account in Account.objects.filter(kind=AccountKind.GAS_INVENTORY)}
    named = [*_wallets(accounts, of_gas), *_banks(accounts)]
    taken = {place.account_code for place in named}
    pools = [_pool(account) for code, account in accounts.items() if code not in taken and account.status == Account.Status.OPEN]
    order = list(PlaceKind)
    return sorted([*named, *pools], key=lambda place: (place.asset.id, order.index(place.kind), place.account_code))


def _wallets(accounts: dict[str, Account], of_gas: dict[str, Account]) -> Iterable[Place]:
    for wallet in Wallet.objects.order_by("code"):
        told = {"owner_code": wallet.code, "purpose": wallet.purpose, "network": wallet.network, "number": wallet.address}
        if (tokens := accounts.get(wallet.token_account_code)) is not None:
            yield _place(tokens, wallet.name, PlaceKind.WALLET, **told)
        if (gas := of_gas.get(wallet.gas_account_code)) is not None:
            yield _place(gas, f"{wallet.name}, gas", PlaceKind.GAS, **told)


def _banks(accounts: dict[str, Account]) -> Iterable[Place]:
    for bank in BankAccount.objects.order_by("code"):
        if (account := accounts.get(bank.account_code)) is not None:
            yield _place(account, bank.name, PlaceKind.BANK, owner_code=bank.code, number=bank.iban)


def _pool(account: Account) -> Place:
    return _place(account, account.name, PlaceKind.POOL, purpose=account.kind)


def _place(account: Account, name: str, kind: PlaceKind, **told: str) -> Place:
    return Place(account_code=account.code, name=name, kind=kind, asset=unit(account.asset_id), **told)
