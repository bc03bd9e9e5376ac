"""Currencies of ISO 4217 and what can be counted in them."""

import functools
from decimal import Decimal

import iso4217

from reconciliation.importers import exact
from reconciliation.importers.base import Flag


@functools.cache
def exponent(currency: str) -> int | None:
    """Decimals of the currency; None for a code that is none or has no minor unit."""
    try:
        decimals = iso4217.Currency(currency).exponent
    except ValueError:
        return None
    return None if decimals is None else int(decimals)


def minor_units(amount: Decimal, currency: str) -> int | None:
    """The amount in the currency's smallest unit; None when it cannot be counted in it. Never rounds."""
    decimals = exponent(currency)
    if decimals is None:
        return None
    scaled = exact.scaled(amount, decimals)
    return int(scaled) if scaled == scaled.to_integral_value() else None


def decimals_flag(line: int, amount: Decimal, currency: str) -> tuple[Flag, ...]:
    """A flag when the amount cannot be counted in its currency, otherwise none."""
    if minor_units(amount, currency) is not None:
        return ()
    decimals = exponent(currency)
    if decimals is None:
        return (Flag(line, "unknown_currency", f"{currency} is no currency with a minor unit: {amount:f} cannot be booked"),)
    return (Flag(line, "illegal_decimals", f"{currency} has {decimals} decimals: {amount:f} cannot be booked"),)
