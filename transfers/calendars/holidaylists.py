"""Lists of bank holidays, from the `holidays` package: payment systems and exchanges by market code, countries by ISO code."""

from datetime import date
from functools import lru_cache

import holidays

# What operators choose from, and what it is for.
KNOWN = {
    "XECB": "TARGET, the euro system's days",
    "XFED": "the Federal Reserve's days",
    "XMEX": "Mexico, the exchange's days (banks close on 12 December as well)",
    "BVMF": "Brazil, the exchange's days",
}


def exists(name: str) -> bool:
    """Whether there is such a list; no list at all is one too."""
    return not name or name in _markets() or name in _countries()


def name_of(name: str, day: date) -> str:
    """What holiday it is, empty for none."""
    return _year(name, day.year).get(day, "") if name else ""


@lru_cache(maxsize=256)
def _year(name: str, year: int) -> dict[date, str]:
    """Read a year at a time: the lists grow by themselves when asked, which threads must not do to each other."""
    if name in _markets():
        return {day: str(title) for day, title in holidays.financial_holidays(name, years=year).items()}
    return {day: str(title) for day, title in holidays.country_holidays(name, years=year).items()}


@lru_cache(maxsize=1)
def _markets() -> frozenset[str]:
    return frozenset(holidays.list_supported_financial())


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(holidays.list_supported_countries())
