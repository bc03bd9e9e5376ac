"""How long each class of records stays where it is used, and how long it is kept at all.

A floor registers its classes in AppConfig.ready(); the setting RETENTION changes their months. Nothing is ever removed by itself:
`manage.py retention` says what is due, and somebody decides.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import LiteralString

from django.conf import settings
from django.core.checks import CheckMessage, Error
from psycopg import sql

from audit.archive import registry
from audit.archive.months import archived_months, attached_months, ends, partition_name
from audit.archive.steps import run

_OLDER = sql.SQL("SELECT count(*), min({column}) FROM {table} WHERE {column} < %s AND {holding}")
_FORM = "months attached/months kept, such as 24/120"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionClass:
    """Months count from the end of a month. `records` are tables that are not partitioned, as (table, time column); of their rows
    those count that fulfil `holding`, a condition in SQL, and `command` is what takes them out of use, where there is one."""

    name: str
    title: str
    attached_months: int
    kept_months: int
    records: tuple[tuple[str, str], ...] = ()
    holding: LiteralString = "true"
    command: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """`what` is due, in words; `command` does it, where there is one."""

    what: str
    command: str = ""


class BadRetention(ValueError):
    """The setting names a class that does not exist, or months that are none."""


_classes: dict[str, RetentionClass] = {}


def register(*classes: RetentionClass) -> None:
    """Repeating it is harmless, since AppConfig.ready() may run more than once."""
    _classes.update({found.name: found for found in classes})


def policy(given: Mapping[str, str] | None = None) -> list[RetentionClass]:
    """Every class with its months, by name. `given` is the setting RETENTION when not said otherwise. Raises BadRetention."""
    changes = dict(settings.RETENTION if given is None else given)
    if unknown := sorted(changes.keys() - _classes.keys()):
        raise BadRetention(f"RETENTION names {', '.join(unknown)}; the classes are: {', '.join(sorted(_classes))}")
    return [_changed(_classes[name], changes.get(name)) for name in sorted(_classes)]


def due(kept: RetentionClass, now: datetime) -> Iterator[Due]:
    """What the policy asks for at `now`, the oldest first."""
    for table in registry.tables():
        if table.retention == kept.name:
            yield from _due_months(table, kept, now)
    for name, column in kept.records:
        query = _OLDER.format(table=sql.Identifier(name), column=sql.Identifier(column), holding=sql.SQL(kept.holding))
        rows, oldest = run(query, months_before(now, kept.attached_months))[0]
        if rows:
            words = f"{rows} rows of {name} are older than {kept.attached_months} months, the oldest of {oldest:%Y-%m-%d}"
            yield Due(words, kept.command)


def check(**_: object) -> list[CheckMessage]:
    """System check: the setting can be understood."""
    try:
        policy()
    except BadRetention as error:
        return [Error(str(error), id="audit.E001")]
    return []


def _due_months(table: registry.ArchivedTable, kept: RetentionClass, now: datetime) -> Iterator[Due]:
    for month in attached_months(table):
        if _is_older(month, kept.attached_months, now):
            yield Due(f"{partition_name(table, month)} may be archived", f"archive_partition {table.name} {month:%Y-%m}")
    for found in archived_months(table):
        if found.is_away and _is_older(found.month, kept.kept_months, now):
            yield Due(f"{partition_name(table, found.month)} need no longer be kept: {found.file}")


def _is_older(month: date, months: int, now: datetime) -> bool:
    return ends(month) <= months_before(now, months)


def months_before(now: datetime, months: int) -> datetime:
    """The same day so many months ago, the 28th at the latest."""
    whole = now.year * 12 + now.month - 1 - months
    return now.replace(year=whole // 12, month=whole % 12 + 1, day=min(now.day, 28))


def _changed(found: RetentionClass, months: str | None) -> RetentionClass:
    if months is None:
        return found
    attached, _, kept = months.partition("/")
    if not (attached.isdecimal() and kept.isdecimal() and 0 < int(attached) <= int(kept)):
        raise BadRetention(f"RETENTION of {found.name} must be {_FORM}, not {months!r}")
    return replace(found, attached_months=int(attached), kept_months=int(kept))
