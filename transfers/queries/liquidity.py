"""Whether there is enough where money is paid from: what our books hold, less what is promised, plus what is on its way, against
the levels that were agreed, and against what waits for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Sum

from ledger.money import AssetUnit
from ledger.queries import balances_by_code
from transfers.commands.treasury import payout_account, source_wallet
from transfers.errors import Unavailable
from transfers.models import BankAccount, LiquidityLevel, Transfer, Wallet
from transfers.queries.in_flight import NOTHING, InFlight, in_flight
from transfers.states import Route, Status


class Verdict(StrEnum):
    """SHORT: payments wait, or will fail, for want of money. LOW and HIGH are outside of the agreed levels."""

    SHORT = "short"
    LOW = "low"
    FINE = "fine"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidity:
    """One account, in minor units: `held` in our books, `flying`, `waiting` for it: payments that are priced and have nothing
    reserved yet. `level` is None where none was agreed."""

    account_code: str
    name: str
    asset: AssetUnit
    held: int
    flying: InFlight
    waiting: int
    level: LiquidityLevel | None

    @property
    def expected(self) -> int:
        """What will be there when everything on its way has arrived or left; without what waits."""
        return self.held - self.flying.leaving + self.flying.coming

    @property
    def shortage(self) -> int:
        """What is missing for the payments that are promised or wait; 0 when there are none, or enough is there."""
        return max(self.waiting - self.expected, 0) if self.waiting or self.flying.leaving else 0

    @property
    def verdict(self) -> Verdict:
        if self.shortage:
            return Verdict.SHORT
        level = self.level
        if level is None:
            return Verdict.FINE
        if level.funding != LiquidityLevel.Funding.JUST_IN_TIME and self.expected < level.minimum:
            return Verdict.LOW
        return Verdict.HIGH if level.maximum is not None and self.expected > level.maximum else Verdict.FINE


def liquidity() -> dict[str, Liquidity]:
    """By ledger account: wallets, their gas, and nostros."""
    names = _names()
    held, flying, waiting = balances_by_code(list(names)), in_flight(list(names)), waiting_for()
    levels = LiquidityLevel.objects.in_bulk(list(names))
    return {
        code: Liquidity(
            account_code=code,
            name=names[code],
            asset=account.asset,
            held=account.posted,
            flying=flying.get(code, NOTHING),
            waiting=waiting[code],
            level=levels.get(code),
        )
        for code, account in held.items()
    }


def _names() -> dict[str, str]:
    found = {}
    for wallet in Wallet.objects.order_by("code"):
        found[wallet.token_account_code] = wallet.name
        if wallet.gas_account_code:
            found[wallet.gas_account_code] = f"{wallet.name}, gas"
    return found | {bank.account_code: bank.name for bank in BankAccount.objects.order_by("code")}


def waiting_for() -> Counter[str]:
    """By account: the sum of payments that are priced and not locked. A conversion waits for tokens and for local currency."""
    wanted: Counter[str] = Counter()
    rows = Transfer.objects.filter(status=Status.QUOTED, route__in=[Route.ON_CHAIN_WITHDRAWAL, Route.OFF_RAMP])
    sums = rows.values("route", "source_asset_id", "target_asset_id").annotate(
        source=Sum("source_amount"), target=Sum("target_amount")
    )
    for row in sums.order_by():
        wanted[_wallet(row["source_asset_id"])] += int(row["source"])
        if row["route"] == Route.OFF_RAMP:
            wanted[_bank(row["target_asset_id"])] += int(row["target"] or 0)
    return wanted


def _wallet(asset_id: str) -> str:
    """Empty where there is none: then nothing is paid from anywhere."""
    try:
        return source_wallet(asset_id).token_account_code
    except Unavailable:
        return ""


def _bank(asset_id: str) -> str:
    try:
        return payout_account(asset_id).account_code
    except Unavailable:
        return ""


def by_verdict(found: Mapping[str, Liquidity], *verdicts: Verdict) -> list[Liquidity]:
    return [one for one in found.values() if one.verdict in verdicts]
