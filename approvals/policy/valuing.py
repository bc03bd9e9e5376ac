"""What an order is worth in the currency that a band is stated in. Pure: the rate is found by whoever asks for a decision."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from approvals.policy.rules import VALUED_IN, Rule


@dataclass(frozen=True, slots=True)
class Valuation:
    """One unit of the order's asset in `currency`. `rate` is the exact fraction as text; `at` is when its source says that it
    held, `good_for_s` for how long it may be used after that, `origin` the source and pairs in words. Without a rate, `missing`
    says why."""

    currency: str
    exponent: int
    rate: str = ""
    at: str = ""
    good_for_s: int = 0
    origin: str = ""
    missing: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.rate)

    def minor(self, amount: int, asset_exponent: int) -> int:
        """Minor units of `currency` for so many of the asset, rounded up: no amount escapes a band by a fraction."""
        return _up(amount * Fraction(self.rate) * Fraction(10) ** (self.exponent - asset_exponent))

    def back(self, minor: int, asset_exponent: int) -> int:
        """Minor units of the asset that are worth so many of `currency`, rounded up."""
        return _up(minor / Fraction(self.rate) * Fraction(10) ** (asset_exponent - self.exponent))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def currencies(rules: Iterable[Rule], asset_id: str) -> tuple[str, ...]:
    """Those that bands about orders in this asset are stated in."""
    touching = (rule for rule in rules if asset_id in rule.criteria.get("asset", (asset_id,)))
    return tuple(sorted({rule.criteria[VALUED_IN] for rule in touching if VALUED_IN in rule.criteria}))


def _up(exact: Fraction) -> int:
    return -((-exact.numerator) // exact.denominator)
