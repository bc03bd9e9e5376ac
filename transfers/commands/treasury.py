"""Which wallet and which bank account a transfer uses, and what of a wallet is still free to promise."""

from dataclasses import dataclass

from django.db.models import Sum

from approvals.queries.halts import halted_providers
from audit import clock
from ledger.errors import UnknownAccount
from ledger.models import Asset
from ledger.money import Money
from ledger.queries import balances_by_code, unit
from transfers import locks
from transfers.errors import Unavailable, Waiting
from transfers.health.corridors import out_of_use
from transfers.models import BankAccount, Leg, LiquidityLevel, Wallet, WalletReservation
from transfers.states import MoneyState


@dataclass(frozen=True, slots=True)
class Free:
    """What nobody was promised yet, in minor units of token and gas asset."""

    tokens: int
    gas: int


def source_wallet(asset_id: str) -> Wallet:
    """The hot wallet that pays out this asset. Raises Unavailable when there is none."""
    return _wallet(asset_id, Wallet.Purpose.HOT)


def settlement_wallet(asset_id: str) -> Wallet:
    """Our wallet at the liquidity partner, where conversions go. Raises Unavailable when there is none."""
    return _wallet(asset_id, Wallet.Purpose.SETTLEMENT)


def _wallet(asset_id: str, purpose: Wallet.Purpose) -> Wallet:
    network = Asset.objects.values_list("network", flat=True).get(pk=asset_id)
    wallet = Wallet.objects.filter(network=network, purpose=purpose).order_by("code").first()
    if wallet is None:
        raise Unavailable(f"no {purpose.label.lower()} wallet is set up on {network}")
    return wallet


def payout_account(asset_id: str) -> BankAccount:
    """The nostro that a new payout of this currency leaves from: the first, by its code, at a bank that takes new work; the first
    of all where none does, since the corridor is walled off then. Raises Unavailable when there is none."""
    accounts = list(BankAccount.objects.filter(asset_id=asset_id).order_by("code"))
    if not accounts:
        raise Unavailable(f"no bank account is set up to pay {asset_id} from")
    if len(accounts) == 1:
        return accounts[0]
    banks = {account.provider for account in accounts}
    out = out_of_use(banks).keys() | halted_providers(banks)
    return next((account for account in accounts if account.provider not in out), accounts[0])


def gas_asset(network: str) -> str:
    """Id of the asset that a network's fees are paid in."""
    return str(Asset.objects.values_list("id", flat=True).get(network=network, kind=Asset.Kind.NATIVE))


def gas_in_words(gas: int, asset_id: str) -> str:
    """As people read it; `gas` in minor units of a gas asset."""
    asset = unit(asset_id)
    return f"{Money(gas, asset).format()} {asset.code}"


def beyond_reserve(promise: WalletReservation, needed: int) -> str:
    """The end of a sentence about what costs `needed` of gas, in minor units, and is more than was promised to it."""
    asset_id = gas_asset(promise.wallet.network)
    return f"{gas_in_words(needed, asset_id)} for gas, and {gas_in_words(int(promise.gas_amount), asset_id)} are reserved for it."


def reserve(wallet_code: str, leg: Leg, *, amount: int, gas: int) -> WalletReservation:
    """Promise tokens (none for a leg that fetches them from elsewhere) and gas of a wallet to a leg, under the wallet's lock.

    Raises Waiting when too little is free."""
    wallet = locks.wallet(wallet_code)
    free = free_of(wallet)
    if amount and free.tokens < amount:
        has = f"wallet {wallet.code} has {max(free.tokens, 0)} minor units of {leg.asset_id} free"
        raise Waiting("wallet_short", f"{has}, {amount} are needed")
    _check_gas(wallet, free, gas)
    return WalletReservation.objects.create(wallet=wallet, leg=leg, amount=amount, gas_amount=gas, created_at=clock.now())


def cover(leg: Leg) -> None:
    """See that the account at the bank covers this payout beside all others drawn up from it, under the account's lock. Where no
    funding is agreed for it, the bank alone decides. Raises Waiting when it has too little."""
    level = LiquidityLevel.objects.filter(pk=leg.account_code).first()
    if level is None:
        return
    locks.payout_account(leg.account_code)
    promised = Leg.objects.filter(
        account_code=leg.account_code, direction=Leg.Direction.OUT, money_state__in=[MoneyState.RESERVED, MoneyState.EXCEPTION]
    ).aggregate(total=Sum("amount"))["total"]
    held = balances_by_code([leg.account_code])[leg.account_code].posted
    if held < int(promised or 0):
        missing = f"{leg.account_code} holds {held} minor units of {leg.asset_id}, {int(promised or 0)} would be promised"
        raise Waiting("payout_account_short", f"{missing}; {_COMES[LiquidityLevel.Funding(level.funding)]}")


_COMES = {
    LiquidityLevel.Funding.PRE_FUNDED: "it is pre-funded: treasury pays in, as proposed on the terminal",
    LiquidityLevel.Funding.JUST_IN_TIME: "it is funded just in time: what is due is proposed on the terminal",
    LiquidityLevel.Funding.HYBRID: "it is topped up beyond its levels: what is due is proposed on the terminal",
}


def check_free_gas(wallet: Wallet, more: int) -> None:
    """Under the wallet's lock. Raises Waiting when so much more gas is not free."""
    _check_gas(wallet, free_of(wallet), more)


def _check_gas(wallet: Wallet, free: Free, gas: int) -> None:
    if free.gas < gas:
        raise Waiting("wallet_short", f"wallet {wallet.code} has {max(free.gas, 0)} minor units free for gas, {gas} are needed")


def free_of(wallet: Wallet) -> Free:
    """Reservations are read before balances: a payment booked in between counts twice against us, never for us."""
    promised = WalletReservation.objects.filter(wallet=wallet, ended_at=None).aggregate(tokens=Sum("amount"), gas=Sum("gas_amount"))
    held = balances_by_code([code for code in (wallet.token_account_code, wallet.gas_account_code) if code])
    for code in (wallet.token_account_code, wallet.gas_account_code):
        if code and code not in held:
            raise UnknownAccount(code)
    gas = held[wallet.gas_account_code].posted if wallet.gas_account_code else 0
    return Free(tokens=held[wallet.token_account_code].posted - int(promised["tokens"] or 0), gas=gas - int(promised["gas"] or 0))


def reopen_reservation(leg: Leg) -> None:
    """A promise that was kept is open again, because the payment was taken back. Under the wallet's lock."""
    promise = WalletReservation.objects.get(leg=leg)
    locks.wallet(promise.wallet_id)
    WalletReservation.objects.filter(pk=promise.pk).update(ended_at=None)


def end_reservation(leg: Leg) -> None:
    """The promise is kept or withdrawn. Repeating it changes nothing."""
    WalletReservation.objects.filter(leg=leg, ended_at=None).update(ended_at=clock.now())
