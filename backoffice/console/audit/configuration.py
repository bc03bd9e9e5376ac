"""Versions of configuration in words: what it was of, what changed, who made it, why, and in which conversation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from approvals.queries.limits import title_of
from backoffice.console.approvals.queue import destination_number
from backoffice.console.audit.changes import Change
from backoffice.console.audit.kinds import Kind
from backoffice.console.audit.values import values
from backoffice.console.audit.versions import Version
from backoffice.console.parts import Badge, Tone

_VERBS = {"+": Badge("added", Tone.DONE), "~": Badge("changed", Tone.LOOK), "-": Badge("removed", Tone.DANGER)}
_NAMES: dict[str, Callable[[Any], str]] = {
    "bankcalendar": lambda row: f"{row.title} ({row.code})",
    "destination": lambda row: f"{row.label or 'Destination'} of {row.client_id}, {destination_number(row.details)}",
    "limit": lambda row: f"{title_of(row)}, {row.client_id or 'every client'}",
    "policyrule": lambda row: f"{row.title} (set {row.set_id})",
    "webhookendpoint": lambda row: f"{row.url} of {row.client_id}",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`changes` holds only fields that differ from the version before; for the first version, all that are filled in."""

    kind: str
    name: str
    key: str
    url: str
    verb: Badge
    changes: list[Change]
    at: datetime
    by: str
    why: str
    correlation_id: str


def lines(versions: Sequence[Version]) -> list[Line]:
    return [_line(version) for version in versions]


def _line(version: Version) -> Line:
    row, kind = version.row, version.kind
    key = str(getattr(row, kind.key.attname))
    return Line(
        kind=kind.title,
        name=_name(kind, row, key),
        key=key,
        url=reverse("console:configuration-of", args=[kind.name, key]),
        verb=_VERBS[row.history_type],
        changes=_changes(version),
        at=row.history_date,
        by=str(row.history_user_id or ""),
        why=row.history_change_reason or "",
        correlation_id=row.correlation_id,
    )


def _name(kind: Kind, row: Any, key: str) -> str:
    written = _NAMES.get(kind.name)
    return written(row) if written else getattr(row, "name", "") or key


def _changes(version: Version) -> list[Change]:
    now = values(version.row, version.kind.fields)
    if version.before is None:
        return [Change(name, "", text, is_whole=False) for name, text in now.items() if text]
    was = values(version.before, version.kind.fields)
    names = [*now, *(name for name in was if name not in now)]
    return [Change(name, was.get(name, ""), now.get(name, "")) for name in names if was.get(name, "") != now.get(name, "")]
