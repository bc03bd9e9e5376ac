"""Money: a whole number of an asset's smallest unit, and the asset.

Pure: no Django, no database. Major units ("1000.00") exist only where people and partners read or write; `parse`, `format` and
`major` are that edge. Floats are refused everywhere, assets never mix, and every rounding names its mode.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

# uint256 has 78 digits; so has the database column.
MAX_DIGITS = 78
_MAJOR = re.compile(r"(?P<sign>-?)(?P<whole>[0-9]{1,78})(?:\.(?P<fraction>[0-9]{1,78}))?")


class MoneyError(ValueError):
    """An amount that is not one: malformed, too precise for its asset, too large, or of another asset than the one beside it."""


class AssetMismatch(MoneyError):
    """Two assets met in one calculation."""


class Rounding(StrEnum):
    """What happens to the part of a unit that does not fit. "Up" and "down" are away from and towards zero."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"
    CEILING = "ceiling"
    FLOOR = "floor"
    # For places where a fraction would be a mistake: refuses instead of rounding.
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class AssetUnit:
    """What an amount is counted in: `exponent` digits stand behind the point of a major unit."""

    id: str
    code: str
    exponent: int


def whole(number: object) -> int:
    """`number` if it is an int. Raises TypeError for floats, bools, Decimals and strings: nothing is coerced into money."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"money is counted in whole minor units, not {number!r}")
    return number


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `asset`; negative where a direction is meant. Arithmetic and order only within one asset."""

    minor: int
    asset: AssetUnit

    def __post_init__(self) -> None:
        if abs(whole(self.minor)) >= 10**MAX_DIGITS:
            raise MoneyError(f"an amount has at most {MAX_DIGITS} digits")

    @classmethod
    def parse(cls, text: str, asset: AssetUnit) -> "Money":
        """From major units such as "1000.00". Raises MoneyError for anything else, also for more digits than the asset has."""
        if not isinstance(text, str):
            raise TypeError(f"an amount is a decimal string, not {text!r}")
        match = _MAJOR.fullmatch(text)
        if match is None:
            raise MoneyError(f"{text!r} is not an amount such as 1000.00")
        fraction = match["fraction"] or ""
        if len(fraction) > asset.exponent:
            raise MoneyError(f"{asset.code} has {asset.exponent} digits after the point, {text!r} has {len(fraction)}")
        minor = int(match["whole"] + fraction.ljust(asset.exponent, "0"))
        return cls(-minor if match["sign"] else minor, asset)

    def major(self) -> str:
        """Plain major units, as the API writes them: "1000.00"."""
        return self._written("")

    def format(self) -> str:
        """Major units for reading: grouped by thousands, exact, without zeros that say nothing beyond two decimals: "1,000.00".

        The asset's code is the caller's to add.
        """
        whole, point, decimals = self._written(",").partition(".")
        return f"{whole}{point}{decimals[:2]}{decimals[2:].rstrip('0')}"

    def _written(self, separator: str) -> str:
        units, rest = divmod(abs(self.minor), 10**self.asset.exponent)
        grouped = f"{units:,}".replace(",", separator)
        fraction = f".{rest:0{self.asset.exponent}d}" if self.asset.exponent else ""
        return f"{'-' if self.minor < 0 else ''}{grouped}{fraction}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.asset)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.asset)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.asset)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def _same(self, other: object) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"money meets only money, not {other!r}")
        if other.asset != self.asset:
            raise AssetMismatch(f"{self.asset.id} and {other.asset.id} do not mix")
        return other.minor


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """numerator / denominator as an int, exactly but for the one named rounding. `denominator` is positive."""
    if whole(denominator) <= 0:
        raise ValueError("the denominator must be positive")
    floor, rest = divmod(whole(numerator), denominator)
    if rest == 0:
        return floor
    if rounding is Rounding.EXACT:
        raise MoneyError(f"{numerator}/{denominator} is not a whole number of units")
    negative = numerator < 0
    twice = 2 * rest
    up = {
        Rounding.CEILING: True,
        Rounding.FLOOR: False,
        Rounding.UP: not negative,
        Rounding.DOWN: negative,
        # At exactly half, floor is the one further from zero when negative.
        Rounding.HALF_UP: twice > denominator or (twice == denominator and not negative),
        Rounding.HALF_EVEN: twice > denominator or (twice == denominator and floor % 2 == 1),
    }[rounding]
    return floor + 1 if up else floor


def convert(amount: Money, *, rate: Decimal, target: AssetUnit, rounding: Rounding) -> Money:
    """`amount` in `target`, at `rate` target majors for one source major. The residual of the rounding is the caller's to book.

    Raises TypeError for a float rate, MoneyError for one that is not positive and finite.
    """
    if not isinstance(rate, Decimal):
        raise TypeError(f"a rate is a Decimal, not {rate!r}")
    if not rate.is_finite() or rate <= 0:
        raise MoneyError(f"{rate} is not a rate")
    over, under = rate.as_integer_ratio()
    numerator = amount.minor * over * 10**target.exponent
    return Money(divide(numerator, under * 10**amount.asset.exponent, rounding), target)


def rescale(minor: int, *, from_exponent: int, to_exponent: int, rounding: Rounding) -> int:
    """The same quantity counted with another number of digits behind the point, say 18 on one network and 6 on another."""
    return divide(whole(minor) * 10**to_exponent, 10**from_exponent, rounding)


def allocate(amount: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """`amount` split by whole `weights`, no unit lost: the parts always add up to it.

    Each part gets its share rounded towards zero; the units left go one each to the largest remainders, the earlier first at a tie.
    Raises ValueError for negative weights or when all are zero.
    """
    if not weights or any(whole(weight) < 0 for weight in weights) or sum(weights) == 0:
        raise ValueError("weights are whole, not negative, and not all zero")
    total = sum(weights)
    sign = -1 if amount.minor < 0 else 1
    shares = [divmod(abs(amount.minor) * weight, total) for weight in weights]
    left = abs(amount.minor) - sum(share for share, _ in shares)
    lucky = set(sorted(range(len(weights)), key=lambda position: (-shares[position][1], position))[:left])
    return tuple(Money(sign * (share + (position in lucky)), amount.asset) for position, (share, _) in enumerate(shares))
