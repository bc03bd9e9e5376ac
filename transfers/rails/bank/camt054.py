"""Debit and credit notices (camt.054, any version): which of our payments they name. A notice proves nothing, it is a hint."""

from lxml import etree

from transfers.rails.bank.xml import Unreadable, children, deviations, find, name, parse, required, text


def names(content: bytes) -> tuple[tuple[str, ...], str]:
    """The EndToEndIds that a notice carries, in its order, each once, and how it deviates from its schema. Raises Unreadable for
    anything but a camt.054."""
    root = parse(content)
    namespace = etree.QName(root).namespace or ""
    message = find(root, "BkToCstmrDbtCdtNtfctn")
    if name(root) != "Document" or message is None or (namespace and "camt.054" not in namespace):
        raise Unreadable(f"expected a camt.054 notice, found {name(root)} of {namespace or 'no namespace'}")
    required(message, "GrpHdr/MsgId")
    found = [
        text(details, "Refs/EndToEndId")
        for notice in children(message, "Ntfctn")
        for entry in children(notice, "Ntry")
        for part in children(entry, "NtryDtls")
        for details in children(part, "TxDtls")
    ]
    return tuple(dict.fromkeys(one for one in found if one and one != "NOTPROVIDED")), deviations(root)
