"""Reading XML that somebody else wrote: no entities, no DTD, no network, no matter which namespace a version uses."""

from lxml import etree

from transfers import iso20022

MAX_BYTES = 4 * 1024 * 1024


class Unreadable(ValueError):
    """The document is not what it should be; the message says where."""


def parse(content: bytes, *, max_bytes: int = MAX_BYTES) -> etree._Element:
    """The root element. Raises Unreadable on anything malformed, oversized or carrying a DTD."""
    if len(content) > max_bytes:
        raise Unreadable(f"the document has {len(content)} bytes, more than the {max_bytes} we read")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"not well-formed XML: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("the document carries a DTD, which no ISO 20022 message does")
    return root


def deviations(document: etree._Element) -> str:
    """How an answer deviates from its own schema, in a sentence; empty when it does not, or when there is no schema to ask.
    Whoever can make out what it says goes by that: an answer about money is not thrown away for its form."""
    found = iso20022.check(document)
    return f"It deviates from {found.message}: {found}." if found is not None and found.deviations else ""


def name(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def children(element: etree._Element, wanted: str) -> list[etree._Element]:
    return [child for child in element if isinstance(child.tag, str) and name(child) == wanted]


def find(element: etree._Element, path: str) -> etree._Element | None:
    """First element at `A/B/C` below, by local names."""
    current: etree._Element | None = element
    for step in path.split("/"):
        current = next(iter(children(current, step)), None) if current is not None else None
    return current


def text(element: etree._Element, path: str) -> str:
    """Text at the path without surrounding space; empty when it is absent."""
    found = find(element, path)
    return (found.text or "").strip() if found is not None else ""


def required(element: etree._Element, path: str) -> str:
    """Text at the path. Raises Unreadable when it is absent or empty."""
    value = text(element, path)
    if not value:
        raise Unreadable(f"{name(element)} has no {path} (line {element.sourceline})")
    return value
