"""Which tables are archived by month, and what their floors ask before a month may go.

A floor registers its table in AppConfig.ready(). `blockers` say in words why a month cannot go yet; `prepare` does what has to be
done before (and may be done again); `ensure` is the database function that puts the floor's own triggers on its partitions.
`drop_blockers` say why an archived month cannot be dropped yet, and `sealed` is what the event of the dropping vouches for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from audit.archive.errors import UnknownTable


def no_preparation(_: date) -> None:
    """Nothing has to be done before."""


def nothing_sealed(_: date) -> dict[str, Any]:
    """Nothing but its file vouches for what is dropped."""
    return {}


def nothing_against(_: date) -> Iterable[str]:
    """Nothing keeps the month."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedTable:
    """`key` is the column that the table is partitioned by; `retention` the name of its retention class."""

    name: str
    key: str
    ensure: str
    retention: str
    blockers: Callable[[date], Iterable[str]]
    prepare: Callable[[date], None] = no_preparation
    drop_blockers: Callable[[date], Iterable[str]] = nothing_against
    sealed: Callable[[date], dict[str, Any]] = nothing_sealed


_tables: dict[str, ArchivedTable] = {}


def register(table: ArchivedTable) -> None:
    """Repeating it is harmless, since AppConfig.ready() may run more than once."""
    _tables[table.name] = table


def table(name: str) -> ArchivedTable:
    """Raises UnknownTable, which names the ones there are."""
    if name not in _tables:
        raise UnknownTable(name, sorted(_tables))
    return _tables[name]


def tables() -> tuple[ArchivedTable, ...]:
    return tuple(_tables[name] for name in sorted(_tables))
