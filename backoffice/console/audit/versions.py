"""Versions of configuration rows, newest first across all the tables that keep them, each with the one before it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Q, QuerySet, Subquery

from backoffice.console.audit.kinds import Kind, kinds

_NEWEST_FIRST = ("-history_date", "-history_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFilter:
    """Empty or None: not asked. `clients` are the ids of the clients whose rows may be seen, None for all of them."""

    kind: str = ""
    key: str = ""
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None
    clients: list[str] | None = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Version:
    """One row as it was saved; `before` is the version it replaced, None for the first."""

    kind: Kind
    row: Any
    before: Any


@dataclass(frozen=True, slots=True)
class VersionPage:
    versions: list[Version]
    next_cursor: str


class BadVersionCursor(ValueError):
    """The cursor was not one of ours."""


def page(wanted: VersionFilter, *, after: str = "", limit: int = 50) -> VersionPage:
    """Raises BadVersionCursor. Two queries for each kind, however many rows."""
    cursor = _decode(after) if after else None
    found = [
        (kind, row)
        for kind in kinds().values()
        if wanted.kind in ("", kind.name)
        for row in _rows(kind, wanted, cursor)[: limit + 1]
    ]
    found.sort(key=lambda one: (one[1].history_date, one[1].history_id), reverse=True)
    shown = found[:limit]
    last = shown[-1][1] if len(found) > limit else None
    return VersionPage(list(_with_those_before(shown)), _encode(last) if last else "")


def _rows(kind: Kind, wanted: VersionFilter, cursor: tuple[datetime, UUID] | None) -> QuerySet[Any]:
    rows: QuerySet[Any] = kind.history.filter(_asked(kind, wanted))
    if cursor is not None:
        rows = rows.filter(Q(history_date__lt=cursor[0]) | Q(history_date=cursor[0], history_id__lt=cursor[1]))
    before = Subquery(_earlier(kind).order_by(*_NEWEST_FIRST).values("history_id")[:1])
    annotated: QuerySet[Any] = rows.annotate(before_id=before).order_by(*_NEWEST_FIRST)
    return annotated


def _earlier(kind: Kind) -> QuerySet[Any]:
    """Of the row at hand, the versions before the one at hand."""
    at, version = OuterRef("history_date"), OuterRef("history_id")
    same: QuerySet[Any] = kind.history.filter(**{kind.key.attname: OuterRef(kind.key.attname)})
    return same.filter(Q(history_date__lt=at) | Q(history_date=at, history_id__lt=version))


def _asked(kind: Kind, wanted: VersionFilter) -> Q:
    asked = _named(kind, wanted.key) if wanted.key else Q()
    if wanted.by:
        asked &= Q(history_user_id=wanted.by)
    if wanted.since:
        asked &= Q(history_date__gte=wanted.since)
    if wanted.until:
        asked &= Q(history_date__lt=wanted.until)
    return asked & _within(kind, wanted.clients)


def _within(kind: Kind, clients: list[str] | None) -> Q:
    """Rows of the house, and of clients that may be seen. A client's own row is known by its id."""
    if clients is None:
        return Q()
    if kind.name == "client":
        return Q(id__in=clients)
    return Q(client_id__in=["", *clients]) if kind.has_client else Q()


def _named(kind: Kind, key: str) -> Q:
    """The row of that key; none for what cannot be one."""
    try:
        return Q(**{kind.key.attname: kind.key.to_python(key)})
    except ValidationError:
        return Q(pk__in=[])


def _with_those_before(shown: list[tuple[Kind, Any]]) -> Iterator[Version]:
    earlier: dict[str, dict[UUID, Any]] = {}
    for kind in {kind.name: kind for kind, _ in shown}.values():
        ids = [row.before_id for of, row in shown if of is kind and row.before_id]
        earlier[kind.name] = kind.history.in_bulk(ids) if ids else {}
    for kind, row in shown:
        yield Version(kind, row, earlier[kind.name].get(row.before_id))


def _encode(row: Any) -> str:
    return f"{row.history_date.isoformat()}~{row.history_id}"


def _decode(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, _, version = cursor.partition("~")
        moment, identity = datetime.fromisoformat(at), UUID(version)
    except ValueError as error:
        raise BadVersionCursor("this page link is damaged") from error
    if moment.tzinfo is None:
        raise BadVersionCursor("this page link is damaged")
    return moment, identity
