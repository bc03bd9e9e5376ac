"""Where a message deviates from its schema, in bounded time whatever it holds.

The validator looks up the place of everything it complains about, which takes as long as its parent has children: a hostile
file of a few megabytes would keep it busy for minutes. So what is long is first checked without most of the repeats, with exact
places; when that is clean, the whole is read once more as a stream that ends at the first complaints.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Any, cast

from lxml import etree

from transfers.iso20022 import library
from transfers.iso20022.wording import Deviation, element_of, rule_of

MOST = 20
_SMALL = 2_000
_REPEATS = 60
_LONGEST_COPY = 12_000
_PIECE = 4_096
_STEP = re.compile(r"/([^/\[]+)(?:\[([0-9]+)\])?")
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Findings:
    """`message` is the schema it was compared with; at most MOST deviations are told, and whether there are more."""

    message: str
    deviations: tuple[Deviation, ...]
    more: bool = False

    def __str__(self) -> str:
        """The first deviations as one sentence, empty when there is none."""
        rest = ", and more" if self.more or len(self.deviations) > 3 else ""
        return "; ".join(str(one) for one in self.deviations[:3]) + rest


class _TooLong(Exception):
    """A copy without repeats is still too long to be checked with places."""


def check(document: etree._Element, *, assets: bool = False) -> Findings | None:
    """Compare a Document with the schema of its namespace; None when there is no schema for it here. With `assets`, orders
    about our assets are fine too."""
    message = library.message_of(etree.QName(document).namespace or "")
    if not library.holds(message):
        return None
    schema = library.schema(message, assets=assets)
    return Findings(message, *_found(schema, document))


def _found(schema: etree.XMLSchema, document: etree._Element) -> tuple[tuple[Deviation, ...], bool]:
    if sum(1 for _ in islice(document.iter(), _SMALL + 1)) <= _SMALL:
        return _with_places(schema, document)
    try:
        told = _with_places(schema, _without_repeats(document))
    except _TooLong:
        told = ((), False)
    return told if told[0] else _as_a_stream(schema, etree.tostring(document))


def _with_places(schema: etree.XMLSchema, document: etree._Element) -> tuple[tuple[Deviation, ...], bool]:
    with _one_at_a_time:
        if schema.validate(document):
            return (), False
        entries = list(cast("Iterable[Any]", schema.error_log))
    told = {(entry.path or ""): _deviation(document, entry) for entry in reversed(entries)}
    found = list(reversed(told.values()))
    return tuple(found[:MOST]), len(found) > MOST


def _deviation(document: etree._Element, entry: etree._LogEntry) -> Deviation:
    names = list(_names(document, entry.path or ""))[2:]
    return Deviation(entry.line, "/".join(names) or element_of(entry.message) or "Document", rule_of(entry.message))


def _names(document: etree._Element, path: str) -> Iterator[str]:
    """The steps of the validator's path by name, numbered where there are several of that name."""
    current: etree._Element | None = None
    for name, number in _STEP.findall(path):
        within = [document] if current is None else [child for child in current if isinstance(child.tag, str)]
        if name != "*":
            within = [child for child in within if etree.QName(child).localname == name.rpartition(":")[2]]
        if len(within) < int(number or 1):
            return
        current = within[int(number or 1) - 1]
        alike = [child for child in within if child.tag == current.tag]
        yield etree.QName(current).localname + (f"[{alike.index(current) + 1}]" if len(alike) > 1 else "")


def _without_repeats(document: etree._Element) -> etree._Element:
    """A copy that holds only the first few of many elements of one name. Raises _TooLong."""
    made = 0

    def copy(element: etree._Element, parent: etree._Element | None) -> etree._Element:
        nonlocal made
        made += 1
        if made > _LONGEST_COPY:
            raise _TooLong
        ours = (
            etree.Element(element.tag, nsmap=cast("dict[str, str]", element.nsmap))
            if parent is None
            else etree.SubElement(parent, element.tag)
        )
        ours.attrib.update(element.attrib)
        ours.text, ours.tail = element.text, element.tail
        line = cast("int | None", element.sourceline)
        if line is not None:
            ours.sourceline = line  # type: ignore[assignment]
        seen: Counter[str] = Counter()
        for child in element.iterchildren("*"):
            seen[child.tag] += 1
            if seen[child.tag] <= _REPEATS:
                copy(child, ours)
        return ours

    return copy(document, None)


def _as_a_stream(schema: etree.XMLSchema, content: bytes) -> tuple[tuple[Deviation, ...], bool]:
    parser = etree.XMLParser(schema=schema, resolve_entities=False, no_network=True, load_dtd=False)
    for start in range(0, len(content), _PIECE):
        try:
            parser.feed(content[start : start + _PIECE])
        except etree.XMLSyntaxError:
            break
        if len(parser.feed_error_log):
            break
    entries = list(islice(parser.feed_error_log, MOST + 1))
    told = tuple(Deviation(0, element_of(entry.message), rule_of(entry.message)) for entry in entries[:MOST])
    return told, len(entries) > 0
