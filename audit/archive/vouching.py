"""What a month of the trail leaves behind when it is dropped, since rows outlive it that nothing else vouches for.

What happened is kept, event by event, each still under its leaf. A floor says which types tell of no row, or of one that it vouches
for itself: by figures of its own that go into the event of the dropping and are sealed with it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from audit.archive.months import archived_months
from audit.archive.registry import ArchivedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """`figures` of the rows of `table` in a month, to be sealed; `blockers` say in words why nobody can vouch for them now."""

    table: str
    figures: Callable[[date], dict[str, Any]]
    blockers: Callable[[], Iterable[str]]


_vouchers: dict[str, Voucher] = {}
_given_up: set[str] = set()


def register(voucher: Voucher) -> None:
    """Repeating it is harmless, since AppConfig.ready() may run more than once."""
    _vouchers[voucher.table] = voucher


def give_up(*types: str) -> None:
    """Events of these types go with their month."""
    _given_up.update(types)


def given_up() -> list[str]:
    return sorted(_given_up)


def vouched(month: date) -> dict[str, Any]:
    """Per table what is sealed of it."""
    return {name: _vouchers[name].figures(month) for name in sorted(_vouchers)}


def blockers(table: ArchivedTable, month: date) -> Iterator[str]:
    """Why the month of the trail cannot be dropped yet."""
    for older in archived_months(table):
        if older.month < month and older.action == "archived":
            yield f"{older.month:%Y-%m} is older and not dropped yet"
    for name in sorted(_vouchers):
        yield from _vouchers[name].blockers()
