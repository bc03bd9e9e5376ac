"""XML that a stranger sent: read as a tree without entities, DTD or network, every complaint with its line."""

import functools
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

from lxml import etree

from reconciliation.errors import Refused

MAX_BYTES = 32 * 1024 * 1024
_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_AMOUNT = re.compile(r"\+?[0-9]{1,24}(\.[0-9]{0,20})?|\+?\.[0-9]{1,20}")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})([T+\-Z].*)?")
_CURRENCY = re.compile(r"[A-Z]{3}")


def parse(content: bytes) -> etree._Element:
    """The root element. Raises Refused."""
    if len(content) > MAX_BYTES:
        raise Refused(1, f"the file has {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    doctype = _DOCTYPE.search(content)
    if doctype is not None:
        raise Refused(content.count(b"\n", 0, doctype.start()) + 1, "the file carries a DTD, which no ISO 20022 message does")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(error.lineno or 1, f"not well-formed XML: {error.msg}") from error
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise Refused(1, f"not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(1, "the file carries a DTD, which no ISO 20022 message does")
    return root


@functools.cache
def _anywhere(path: str) -> str:
    """The path with every step in whatever namespace."""
    return "/".join(f"{{*}}{step}" for step in path.split("/"))


def find(element: etree._Element, path: str) -> etree._Element | None:
    return element.find(_anywhere(path))


def find_all(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall(_anywhere(path))


def text(element: etree._Element, *paths: str) -> str:
    """Text at the first of the paths that holds any, without surrounding space; empty when none does."""
    for path in paths:
        found = element.find(_anywhere(path))
        value = (found.text or "").strip() if found is not None else ""
        if value:
            return value
    return ""


def line_of(element: etree._Element) -> int:
    return cast("int | None", element.sourceline) or 1


def required(element: etree._Element, *paths: str) -> str:
    """Like `text`. Raises Refused when there is none."""
    value = text(element, *paths)
    if not value:
        raise Refused(line_of(element), f"{etree.QName(element).localname} has no {' or '.join(paths)}")
    return value


def amount(element: etree._Element, path: str) -> tuple[Decimal, str]:
    """A non-negative amount and its currency. Raises Refused."""
    found = find(element, path)
    if found is None:
        raise Refused(line_of(element), f"{etree.QName(element).localname} has no {path}")
    written, currency = (found.text or "").strip(), found.get("Ccy", "")
    if not _AMOUNT.fullmatch(written):
        raise Refused(line_of(found), f"{written[:40]!r} is not an amount")
    if not _CURRENCY.fullmatch(currency):
        raise Refused(line_of(found), f"the amount {written} has no currency")
    return Decimal(written), currency


def day(element: etree._Element, *paths: str) -> date | None:
    """The date at `path/Dt` or `path/DtTm`, as the bank wrote it; None when there is none. Raises Refused."""
    written = text(element, *(f"{path}/{kind}" for path in paths for kind in ("Dt", "DtTm")))
    if not written:
        return None
    matched = _DAY.fullmatch(written)
    try:
        return date.fromisoformat(matched[1]) if matched else _no_date(element, written)
    except ValueError:
        return _no_date(element, written)


def moment(element: etree._Element, *paths: str) -> datetime | None:
    """The instant at `path/DtTm` or, as midnight, `path/Dt`; UTC where the bank names no zone. Raises Refused."""
    written = text(element, *(f"{path}/{kind}" for path in paths for kind in ("DtTm", "Dt")))
    return instant(element, written) if written else None


def instant(element: etree._Element, written: str) -> datetime:
    """An xsd:dateTime or xsd:date as an instant in UTC. Raises Refused."""
    midnight = "T24:00:00" in written
    plain = written.replace("T24:00:00", "T00:00:00")
    plain = re.sub(r"^([0-9-]{10})([+\-Z].*)$", r"\1T00:00:00\2", plain)
    try:
        read = datetime.fromisoformat(plain)
        read = (read.replace(tzinfo=UTC) if read.tzinfo is None else read).astimezone(UTC)
        return read + timedelta(days=1) if midnight else read
    except (ValueError, OverflowError):
        raise Refused(line_of(element), f"{written[:40]!r} is not a date") from None


def _no_date(element: etree._Element, written: str) -> date:
    raise Refused(line_of(element), f"{written[:40]!r} is not a date")
