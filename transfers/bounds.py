"""What approvers sign, and whether a firm quote stays inside it. Pure arithmetic on minor units.

Rounding is always against the house: a fee shown is never exceeded, and the minimum the destination gets is rounded up.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """Minor units: `source_amount`, `max_fee` and `max_total_debit` of the source asset, `min_target_amount` of the target."""

    source_amount: int
    max_fee: int
    max_total_debit: int
    min_target_amount: int
    not_after: datetime


def client_fee(amount: int, *, bps: int, minimum: int) -> int:
    """The corridor's fee on `amount`, in the source asset's minor units: a share rounded down, at least `minimum`."""
    return max(amount * bps // BASIS_POINTS, minimum)


def minimum_target(indicative: int, *, slippage_bps: int) -> int:
    """The least the destination may get when `indicative` was shown: slippage taken off, rounded up, never zero."""
    kept = indicative * (BASIS_POINTS - slippage_bps)
    return max(-(-kept // BASIS_POINTS), 1)


def converted(source_minor: int, *, source_exponent: int, rate: Decimal, target_exponent: int) -> int:
    """Target minor units for `source_minor` at `rate` (target major units for one source major unit), rounded down.

    Exact for any width: the decimal context's precision is not used.
    """
    numerator, denominator = rate.as_integer_ratio()
    scaled: int = source_minor * numerator * 10**target_exponent
    divisor: int = denominator * 10**source_exponent
    return scaled // divisor


def plain_rate(rate: Decimal, places: int = 18) -> Decimal:
    """The rate as the quote table keeps it. Raises ValueError for a rate that no market gives."""
    if not rate.is_finite() or rate <= 0:
        raise ValueError(f"{rate} is not a rate")
    return rate.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)


def breaches(bounds: Bounds, *, fee: int, target: int, now: datetime) -> list[str]:
    """Each bound that a firm quote breaks, in words; empty when it may go on."""
    found = []
    if fee > bounds.max_fee:
        found.append(f"the fee {fee} is over the agreed maximum {bounds.max_fee}")
    if bounds.source_amount + fee > bounds.max_total_debit:
        found.append(f"the total debit {bounds.source_amount + fee} is over the agreed maximum {bounds.max_total_debit}")
    if target < bounds.min_target_amount:
        found.append(f"the destination would get {target}, less than the agreed minimum {bounds.min_target_amount}")
    if now > bounds.not_after:
        found.append(f"the order was good until {bounds.not_after:%Y-%m-%d %H:%M} UTC")
    return found
