"""The reference rate for a direction, from the freshest sheets of the sources in their order. Too old means none: fail closed.

A rate is for what is done: who gives `source` and takes `target` sells source at the bid, or buys target at the ask. Where no sheet
has the pair, it is made over one currency that both are quoted in, all from the same sheet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from audit import clock
from transfers.errors import Waiting
from transfers.models import RateSheet, RateSource

Rates = Mapping[str, Mapping[str, str]]
STALE = "reference_rate_stale"


@dataclass(frozen=True, slots=True)
class Reference:
    """`rate` is target units for one unit of source. `words` name the source and the pairs it was made of; it is stale
    `max_age_s` after `observed_at`."""

    rate: Fraction
    observed_at: datetime
    words: str
    max_age_s: int


def reference(source: str, target: str) -> Reference:
    """For codes such as USDC and MXN, now. Raises Waiting when no source has a rate that is fresh enough."""
    tried = []
    for candidate in RateSource.objects.filter(active=True).order_by("priority", "code"):
        sheet = RateSheet.objects.filter(source=candidate).order_by("-observed_at").first()
        if sheet is None:
            tried.append(f"{candidate.name} has given none")
            continue
        found = directed(sheet.rates, source, target)
        if found is None:
            tried.append(f"{candidate.name} has no {source} to {target}")
        elif is_stale(sheet, candidate):
            tried.append(f"{candidate.name} last spoke of it at {sheet.observed_at:%Y-%m-%d %H:%M:%S} UTC, which is too long ago")
        else:
            return Reference(found[0], sheet.observed_at, f"{candidate.name}: {found[1]}", candidate.max_age_s)
    raise Waiting(STALE, f"there is no reference rate for {source} to {target}: {'; '.join(tried) or 'no source is in use'}")


def is_stale(sheet: RateSheet, source: RateSource) -> bool:
    """Also a sheet from the future is none to go by, beyond what clocks differ."""
    age_s = (clock.now() - sheet.observed_at).total_seconds()
    return not -60 <= age_s <= source.max_age_s


def directed(rates: Rates, source: str, target: str) -> tuple[Fraction, str] | None:
    """The rate and how it was made: given, turned round, or over a currency that both are quoted in. None when there is no way."""
    straight = _leg(rates, source, target)
    if straight is not None:
        return straight
    between = sorted({code for pair in rates for code in pair.split("/")} - {source, target})
    for middle in between:
        first, second = _leg(rates, source, middle), _leg(rates, middle, target)
        if first and second:
            return first[0] * second[0], f"{first[1]}, {second[1]}"
    return None


def _leg(rates: Rates, source: str, target: str) -> tuple[Fraction, str] | None:
    """Selling `source` for `target` in one step."""
    if row := rates.get(f"{source}/{target}"):
        return Fraction(Decimal(row["bid"])), f"{source}/{target} bid {row['bid']}"
    if row := rates.get(f"{target}/{source}"):
        return 1 / Fraction(Decimal(row["ask"])), f"{target}/{source} ask {row['ask']}"
    return None
