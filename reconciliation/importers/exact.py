"""Decimal arithmetic that never rounds: Python's default context silently keeps 28 digits only."""

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, Overflow

# Amounts have at most 24 digits before and 20 after the point: 120 digits hold any sum. Inexact is trapped all the same.
_EXACT = Context(prec=120, traps=[Inexact, Overflow])


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum with the digits of its longest amount; 0 for none."""
    result = Decimal(0)
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def negated(amount: Decimal) -> Decimal:
    """Zero stays positive."""
    return _EXACT.minus(amount)


def scaled(amount: Decimal, places: int) -> Decimal:
    """Times ten to the power of `places`."""
    return _EXACT.scaleb(amount, places)


def plain(amount: Decimal) -> str:
    """One spelling per value: no exponent, no zeros at the end."""
    return f"{_EXACT.normalize(amount):f}"
