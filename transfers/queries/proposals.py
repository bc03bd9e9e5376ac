"""What would bring our money back to where it should be, from the books and levels as they are now. Nothing of it is stored."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from django.db.models import Sum

from ledger.chart import AccountKind
from ledger.models import Account
from ledger.queries import balances_by_code
from ledger.queries.client_money import client_money
from transfers.models import BankAccount, LiquidityLevel, TreasuryMove, Wallet
from transfers.queries.liquidity import Liquidity, liquidity
from transfers.rebalancing import Proposal, Role, Store, propose
from transfers.states import MoneyState


def proposals() -> list[Proposal]:
    """The most urgent first."""
    return propose(stores())


def stores() -> list[Store]:
    """Every wallet, its gas, and every nostro, as planning sees them."""
    found, fees = liquidity(), unswept_fees()
    sending = set(
        Wallet.objects.filter(purpose__in=[Wallet.Purpose.HOT, Wallet.Purpose.SETTLEMENT])
        .exclude(gas_account_code="")
        .values_list("token_account_code", flat=True)
    )
    return [_store(found[code], role, fees[code], can_send=code in sending) for code, role in _roles() if code in found]


def _roles() -> Iterable[tuple[str, Role]]:
    for wallet in Wallet.objects.order_by("code"):
        yield wallet.token_account_code, Role(wallet.purpose)
        if wallet.gas_account_code:
            yield wallet.gas_account_code, Role.GAS
    for bank in BankAccount.objects.order_by("code"):
        yield bank.account_code, Role.BANK


def _store(one: Liquidity, role: Role, fees: int, *, can_send: bool) -> Store:
    store = Store(
        account_code=one.account_code,
        name=one.name,
        asset_id=one.asset.id,
        role=role,
        expected=one.expected,
        waiting=one.waiting,
        fees=fees,
        can_send=can_send,
    )
    level = one.level
    if level is None:
        return store
    is_kept = level.funding != LiquidityLevel.Funding.JUST_IN_TIME
    return replace(store, minimum=level.minimum, target=level.target, maximum=level.maximum, keeps_minimum=is_kept)


def unswept_fees() -> Counter[str]:
    """By the hot wallet that pays out an asset: fees are kept from what it pays out, so that they lie there until they are moved.

    Never more than the house's own share of the asset: what clients are owed is not swept, whatever the fee accounts say.
    """
    earned = _earned()
    swept = _swept()
    own = {one.asset.id: max(one.surplus, 0) for one in client_money()}
    found: Counter[str] = Counter()
    for wallet in Wallet.objects.filter(purpose=Wallet.Purpose.HOT).order_by("-code"):
        asset_id = Account.objects.filter(code=wallet.token_account_code).values_list("asset_id", flat=True).first() or ""
        first = Wallet.objects.filter(network=wallet.network, purpose=Wallet.Purpose.HOT).order_by("code").first()
        if wallet == first:
            found[wallet.token_account_code] = max(min(earned[asset_id] - swept[asset_id], own.get(asset_id, 0)), 0)
    return found


def _earned() -> Counter[str]:
    codes = list(Account.objects.filter(kind=AccountKind.FEE_INCOME).values_list("code", flat=True))
    earned: Counter[str] = Counter()
    for account in balances_by_code(codes).values():
        earned[account.asset.id] += account.posted
    return earned


def _swept() -> Counter[str]:
    """What was moved to the house's own wallets, or is on its way there."""
    moves = TreasuryMove.objects.filter(purpose=TreasuryMove.Purpose.FEE_SWEEP).exclude(transfer__money_state=MoneyState.NONE)
    sums = moves.values_list("transfer__source_asset_id").annotate(total=Sum("transfer__source_amount"))
    return Counter({asset_id: int(total) for asset_id, total in sums.order_by()})
