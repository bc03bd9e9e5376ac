"""What an event changed, and what else it says, as lines to read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """`is_whole` says that both sides are known; otherwise `after` is all that was recorded of the field."""

    field: str
    before: str
    after: str
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that the event carries beside its fields; `is_long` for what needs lines of its own."""

    name: str
    value: str
    is_long: bool


def changes(diff: Mapping[str, Any]) -> list[Change]:
    """Fields in the order of their names; a pair is before and after."""
    return [_change(name.replace("_", " "), value) for name, value in sorted(diff.items())]


def _change(name: str, value: Any) -> Change:
    if isinstance(value, list) and len(value) == 2:
        return Change(name, plain(value[0]), plain(value[1]))
    return Change(name, "", plain(value), is_whole=False)


def said(metadata: Mapping[str, Any]) -> list[Said]:
    """What says nothing is left out."""
    found = []
    for name, value in sorted(metadata.items()):
        if value in (None, "", [], {}):
            continue
        is_long = isinstance(value, dict | list)
        found.append(Said(name.replace("_", " "), pretty(value) if is_long else plain(value), is_long))
    return found


def in_short(diff: Mapping[str, Any]) -> str:
    """One line for lists: "status: open → closed"."""
    return "; ".join(
        f"{one.field}: {one.before or 'nothing'} → {one.after or 'nothing'}" if one.is_whole else f"{one.field}: {one.after}"
        for one in changes(diff)
    )


def plain(value: Any) -> str:
    """A value as one line of text; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else str(value)


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, sort_keys=True)
