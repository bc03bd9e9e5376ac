"""The last look at a message of ours before it leaves: what its published schema does not allow is never sent."""

from lxml import etree

from transfers import iso20022
from transfers.rails.base import TerminalError


def as_bytes(document: etree._Element, kind: str) -> bytes:
    """The message as UTF-8 XML. Raises TerminalError with what its schema does not allow first, or without a schema."""
    found = iso20022.check(document)
    if found is None:
        raise TerminalError(f"the {kind} cannot be checked: there is no schema for {etree.QName(document).namespace}")
    if found.deviations:
        raise TerminalError(f"the {kind} cannot be written, {found.message} does not allow it: {found}")
    return bytes(etree.tostring(document, xml_declaration=True, encoding="UTF-8"))
