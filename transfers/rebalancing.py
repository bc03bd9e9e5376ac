"""Proposals to bring money back to where it should be, worked out from amounts alone: no database, no clock.

A proposal takes nothing from a place that would leave it below its minimum, and what one proposal takes, no other one can. It does
nothing by itself: people decide on it, and what happens outside of our wallets is done by people at the bank or the partner.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Role(StrEnum):
    HOT = "hot"
    COLD = "cold"
    SETTLEMENT = "settlement"
    HOUSE = "house"
    BANK = "bank"
    GAS = "gas"


class Way(StrEnum):
    """How a proposal is carried out. ON_CHAIN: by our own signer, once approved. KEEPERS: by whoever keeps the keys. PARTNER:
    converted by the liquidity partner. OUTSIDE: money of the house comes in from elsewhere."""

    ON_CHAIN = "on_chain"
    KEEPERS = "keepers"
    PARTNER = "partner"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One place. `expected` is what is there when everything in flight has come and gone; `waiting` is asked of it beyond that;
    `fees` is the part of it that is fee income not yet taken out. A place without levels has a target of 0 and no maximum.
    `can_send` says whether our signer has its key and it has gas."""

    account_code: str
    name: str
    asset_id: str
    role: Role
    expected: int
    waiting: int = 0
    fees: int = 0
    minimum: int = 0
    target: int = 0
    maximum: int | None = None
    keeps_minimum: bool = True
    can_send: bool = True

    @property
    def spare(self) -> int:
        """What may be taken from it: never what leads below its minimum, nor what payments wait for."""
        return max(self.expected - max(self.minimum, self.waiting), 0)

    @property
    def lacking(self) -> int:
        """What brings it back to its target, or lets the payments go that wait; 0 while it is neither low nor short."""
        is_low = self.keeps_minimum and self.expected < self.minimum
        if not is_low and self.waiting <= self.expected:
            return 0
        return max(self.target if self.keeps_minimum else 0, self.waiting) - self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Move `amount` minor units of `asset_id`. `source` is None where the money comes from outside. Stores are as they were before
    this proposal, and after those above it."""

    asset_id: str
    amount: int
    source: Store | None
    target: Store
    way: Way
    reason: str

    @property
    def key(self) -> str:
        """What it is about: a place is brought back from one source at a time."""
        return f"{self.source.account_code if self.source else 'outside'}>{self.target.account_code}"


class _Plan:
    """Stores as the proposals so far would leave them."""

    def __init__(self, stores: Iterable[Store]) -> None:
        self.stores = {store.account_code: store for store in stores}
        self.proposals: list[Proposal] = []

    def of(self, role: Role) -> list[Store]:
        return [store for store in self.stores.values() if store.role is role]

    def move(self, amount: int, source: Store | None, target: Store, way: Way, reason: str) -> None:
        if amount <= 0:
            return
        self.proposals.append(
            Proposal(asset_id=target.asset_id, amount=amount, source=source, target=target, way=way, reason=reason)
        )
        if source is not None:
            taken = min(source.fees, amount) if target.role is Role.HOUSE else 0
            self._put(replace(source, expected=source.expected - amount, fees=source.fees - taken))
        if way is not Way.PARTNER:
            self._put(replace(target, expected=target.expected + amount))

    def _put(self, store: Store) -> None:
        self.stores[store.account_code] = store


def propose(stores: Sequence[Store]) -> list[Proposal]:
    """The most urgent first: what is short or low, then what is too much, then fees."""
    plan = _Plan(stores)
    for store in plan.of(Role.HOT):
        _refill(plan, store)
    for role, words in ((Role.BANK, "Pay in at the bank"), (Role.GAS, "Send the network's coin to its address")):
        for store in plan.of(role):
            plan.move(store.lacking, None, store, Way.OUTSIDE, f"{words}: {_why(store)}.")
    for code in [store.account_code for store in plan.of(Role.HOT)]:
        _sweep(plan, code)
    for store in plan.of(Role.SETTLEMENT):
        _convert(plan, store)
    return plan.proposals


def _why(store: Store) -> str:
    return "payments wait for it" if store.waiting > store.expected else "it is below its minimum"


def _refill(plan: _Plan, low: Store) -> None:
    """From the partner's wallet first, which our signer can empty at once; what is still lacking comes from outside."""
    reason, lacking = _why(low), low.lacking
    for role in (Role.SETTLEMENT, Role.HOUSE, Role.COLD):
        for source in [one for one in plan.of(role) if one.asset_id == low.asset_id]:
            given, way = min(lacking, source.spare), Way.ON_CHAIN if source.can_send else Way.KEEPERS
            plan.move(given, source, plan.stores[low.account_code], way, f"Refill {low.name}: {reason}.")
            lacking -= given
    words = f"Bring tokens from outside: {reason}, and nothing of ours may be taken."
    plan.move(lacking, None, plan.stores[low.account_code], Way.OUTSIDE, words)


def _sweep(plan: _Plan, code: str) -> None:
    hot = plan.stores[code]
    house = next((one for one in plan.of(Role.HOUSE) if one.asset_id == hot.asset_id), None)
    if house is not None and hot.fees:
        # Fees leave only what is above the target, so that a sweep never makes the next refill.
        plan.move(min(hot.fees, hot.spare, max(hot.expected - hot.target, 0)), hot, house, Way.ON_CHAIN, _FEES)
    hot = plan.stores[code]
    cold = next((one for one in plan.of(Role.COLD) if one.asset_id == hot.asset_id), None)
    if cold is not None and hot.maximum is not None and hot.expected > hot.maximum:
        plan.move(min(hot.expected - hot.target, hot.spare), hot, cold, Way.ON_CHAIN, f"{hot.name} is above its maximum.")


_FEES = "Fees that we have earned still lie among the money of clients."


def _convert(plan: _Plan, settlement: Store) -> None:
    """What the partner holds above its maximum becomes local currency: for the bank account that is furthest below its target."""
    now = plan.stores[settlement.account_code]
    if now.maximum is None or now.expected <= now.maximum:
        return
    banks = sorted(plan.of(Role.BANK), key=lambda bank: (bank.expected - bank.target, bank.account_code))
    if banks:
        reason = f"Have the partner convert it and pay {banks[0].name}: {now.name} is above its maximum."
        amount = min(now.expected - now.target, now.spare)
        target = replace(banks[0], asset_id=now.asset_id)
        plan.move(amount, now, target, Way.PARTNER, reason)
