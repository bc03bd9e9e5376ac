"""Amounts of the bank: minor units inside, decimal text outside."""

from decimal import Decimal

import iso4217

_LARGEST = 10**17


class NotAnAmount(ValueError):
    """Not a decimal, or with more decimals than its currency has."""


def exponent(currency: str) -> int:
    """Decimals of an ISO 4217 currency. Raises NotAnAmount for a code that is none."""
    try:
        decimals = iso4217.Currency(currency).exponent
    except ValueError as error:
        raise NotAnAmount(f"{currency} is not a currency") from error
    if decimals is None:
        raise NotAnAmount(f"{currency} has no minor unit")
    return int(decimals)


def minor_units(amount: Decimal, currency: str) -> int:
    """Raises NotAnAmount when the amount cannot be counted in the currency's smallest unit."""
    if not amount.is_finite() or abs(amount) >= _LARGEST:
        raise NotAnAmount(f"{amount} is not an amount")
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise NotAnAmount(f"{amount} has more decimals than {currency}")
    return int(scaled)


def major_text(minor: int, currency: str) -> str:
    return f"{Decimal(minor).scaleb(-exponent(currency)):f}"
