"""A calendar as text, for the payload that people approve: every field, so that nothing is approved unseen."""

from collections.abc import Iterator, Sequence
from datetime import date, time
from typing import Any

from transfers.calendars import Calendar
from transfers.commands.calendars import columns
from transfers.errors import Refused

LABELS = {"cut_off": "Cut-off", "also_closed": "Also closed", "also_open": "Open all the same"}
_EVERY_YEAR = len("12-24")
# Any leap year: a day of every year may be 29 February.
_LEAP = "2024-"


def written(calendar: Calendar) -> dict[str, Any]:
    """Fields as text, lists of days as sorted lists; times as 17:30."""
    return {name: _text(value) for name, value in columns(calendar).items()}


def _text(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list):
        return value
    return value.isoformat(timespec="minutes") if isinstance(value, time) else str(value)


def changes(content: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Field, before and after, of what differs."""
    for name, after in content["after"].items():
        before = content["before"].get(name, "")
        if before != after:
            yield name, _line(before), _line(after)


def _line(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def days_of(given: Sequence[str], field: str, *, yearly: bool = False) -> frozenset[str]:
    """The days, once each. Raises Refused naming the field and the first that is none."""
    for day in given:
        if not _is_day(day, yearly=yearly):
            how = "2026-12-24, or 12-24 for every year" if yearly else "2026-12-24"
            words = f"“{day}” is no day. Write {how}."
            raise Refused("calendar_invalid", words, {field: words})
    return frozenset(given)


def _is_day(text: str, *, yearly: bool) -> bool:
    full = _LEAP + text if yearly and len(text) == _EVERY_YEAR else text
    try:
        return date.fromisoformat(full).isoformat() == full
    except ValueError:
        return False
