"""A bulk order as an array of objects, each like the body of a single transfer."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from transfers.bulk.lines import FileUnreadable, LineProblem, OrderLine, Read, read

_TEXTS = ("amount", "source_currency", "target_currency", "corridor", "reference")
_KNOWN = {*_TEXTS, "destination"}
_NEEDED = ("amount", "source_currency", "destination")


def parse(items: Sequence[Any]) -> Read:
    """Lines are numbered from 1, in the order of the array. Raises FileUnreadable."""
    lines: list[OrderLine] = []
    problems: list[LineProblem] = []
    for number, item in enumerate(items, 1):
        found = _problems(number, item)
        problems += found
        if not found:
            lines.append(_line(number, item))
    return read(lines, problems)


def stored(items: Sequence[Any]) -> bytes:
    """The array as a file: the same bytes for the same content, whatever the white space it was sent with."""
    return json.dumps(items, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def from_stored(content: bytes) -> Read:
    """The array of a file, or the `lines` of an object, as the API takes them. Raises FileUnreadable."""
    try:
        given = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise FileUnreadable(f"The file is not JSON: {error}.") from error
    items = given["lines"] if isinstance(given, dict) and set(given) == {"lines"} else given
    if not isinstance(items, list):
        raise FileUnreadable("Send an array of orders, or an object whose only name is lines.")
    return parse(items)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers could understand a repeated name differently."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names something twice")
    return found


def _problems(number: int, item: Any) -> list[LineProblem]:
    if not isinstance(item, Mapping):
        return [LineProblem(number, "", "Send an object.")]
    found = [LineProblem(number, str(name)[:100], "This field is not known.") for name in item if name not in _KNOWN]
    found += [LineProblem(number, name, "This field is needed.") for name in _NEEDED if name not in item]
    found += [
        LineProblem(number, name, "Send this as text.")
        for name in _TEXTS
        if name in item and not isinstance(item[name], str) and not (name == "corridor" and item[name] is None)
    ]
    if "destination" in item and not _is_destination(item["destination"]):
        found.append(LineProblem(number, "destination", "Send an object of texts with a type, or an address as text."))
    return found


def _is_destination(value: Any) -> bool:
    if isinstance(value, str):
        return 0 < len(value) <= 200
    return isinstance(value, Mapping) and len(value) <= 20 and all(isinstance(one, str) for one in value.values())


def _line(number: int, item: Mapping[str, Any]) -> OrderLine:
    return OrderLine(
        number=number,
        amount=item["amount"],
        source_currency=item["source_currency"],
        target_currency=item.get("target_currency", item["source_currency"]),
        destination=item["destination"],
        corridor=item.get("corridor") or "",
        reference=item.get("reference", ""),
    )
