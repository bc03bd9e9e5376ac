"""What an event changed, and what else it says, as lines to read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backoffice.console import amounts
from ledger.queries.assets import UnknownAsset


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


def changes(diff: Mapping[str, Any], metadata: Mapping[str, Any]) -> list[Change]:
    """Fields in the order of their names; a pair is before and after. An amount is written with the asset that the event names."""
    return [_change(name, value, str(metadata.get("asset_id", ""))) for name, value in sorted(diff.items())]


def _change(name: str, value: Any, asset_id: str) -> Change:
    words = name.replace("_", " ")
    pair = value if isinstance(value, list) and len(value) == 2 else [None, value]
    before, after = (_amount(one, asset_id) if name == "amount" and asset_id else plain(one) for one in pair)
    return Change(words, before, after, is_whole=pair is value)


def _amount(value: Any, asset_id: str) -> str:
    """Minor units with their asset; as it stands when it is none, or the asset is not one of ours."""
    text = plain(value)
    try:
        return amounts.text(int(text), asset_id) if text.isdecimal() else text
    except UnknownAsset:
        return text


def said(metadata: Mapping[str, Any]) -> list[Said]:
    """What says nothing is left out."""
    found = []
    for name, value in sorted(metadata.items()):
        if value in (None, "", [], {}):
            continue
        is_long = isinstance(value, dict | list)
        found.append(Said(name.replace("_", " "), pretty(value) if is_long else plain(value), is_long))
    return found


def in_short(diff: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """One line for lists: "status: open → closed"."""
    return "; ".join(
        f"{one.field}: {one.before or 'nothing'} → {one.after or 'nothing'}" if one.is_whole else f"{one.field}: {one.after}"
        for one in changes(diff, metadata)
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
