"""Values of configuration rows for reading: amounts with their asset, times with their zone, what is empty as nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any

from django.db.models import Field

from backoffice.console import amounts, formats
from backoffice.console.audit.changes import plain
from ledger.fields import MinorUnitsField

_ASSETS = ("asset_id", "source_asset_id")
# Keys inside rules that are amounts of the rule's one asset, or of the currency that it is valued in.
_AMOUNTS = ("amount_from", "amount_below")


def values(row: Any, fields: "Sequence[Field[Any, Any]]") -> dict[str, str]:
    """The row as words by field; a structure is spread over its keys, so that a change inside it shows as what it is."""
    found: dict[str, str] = {}
    for field in fields:
        value = getattr(row, field.attname)
        if isinstance(value, dict):
            found.update(_spread(field.name, value))
        else:
            found[field.name] = _written(row, field, value)
    return {name.replace("_", " "): text for name, text in found.items()}


def _written(row: Any, field: "Field[Any, Any]", value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(field, MinorUnitsField):
        return _amount(int(value), row)
    if isinstance(value, datetime):
        at = formats.written(value)
        return f"{at.day}, {at.clock} UTC"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, list):
        return _listed(value)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else plain(value)


def _listed(parts: Sequence[Any]) -> str:
    return ", ".join(plain(one) for one in parts)


def _amount(minor: int, row: Any) -> str:
    asset = next((getattr(row, name) for name in _ASSETS if getattr(row, name, "")), None)
    return amounts.text(minor, asset) if asset else str(minor)


def _spread(name: str, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    assets = [value["valued_in"]] if value.get("valued_in") else value.get("asset") or []
    for key, part in value.items():
        if key in _AMOUNTS and len(assets) == 1 and str(part).isdecimal():
            yield f"{name}, {key}", amounts.text(int(part), assets[0])
        elif isinstance(part, list):
            yield f"{name}, {key}", _listed(part)
        else:
            yield f"{name}, {key}", plain(part)
