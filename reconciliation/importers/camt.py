"""Reading camt.053 statements of every version in use (02 to 13), with or without a namespace.

Reports (camt.052) and notices (camt.054) are read the same way, since their facts are asked for too, but carry the reason why their
entries are no evidence: a report is intraday and may change, a notice announces what a statement has yet to show.
"""

import re
from datetime import datetime

from lxml import etree

from reconciliation.errors import Refused
from reconciliation.importers import camt_entry, exact, xmlfile
from reconciliation.importers.base import CREDIT, Balance, Flag, ParsedFile, ParsedLine, ParsedStatement, SchemaCheck
from transfers import iso20022

_MESSAGE = re.compile(r"camt\.05[234]\.001\.([0-9]{2})")
_NEWEST_VERSION = 13
# Element of the message, element of each statement in it, and why its entries prove nothing.
_KINDS = {
    "BkToCstmrStmt": ("Stmt", ""),
    "BkToCstmrAcctRpt": ("Rpt", "a camt.052 is an intraday report: only a statement (camt.053) shows what was booked in the end"),
    "BkToCstmrDbtCdtNtfctn": ("Ntfctn", "a camt.054 is a notice: only a statement (camt.053) shows that the entries were booked"),
}


def read(content: bytes) -> ParsedFile:
    """Raises Refused with the line where reading ended and why."""
    root = xmlfile.parse(content)
    message = _message(root)
    try:
        document = _document(root)
        body, kind = _body(document)
        tag, not_evidence = _KINDS[kind]
        header_time = xmlfile.text(body, "GrpHdr/CreDtTm")
        statements = tuple(_statement(element, header_time) for element in xmlfile.find_all(body, tag))
    except Refused as refusal:
        raise Refused(refusal.line, refusal.reason, message) from refusal
    if not statements:
        raise Refused(xmlfile.line_of(body), "there is no statement inside", message)
    return ParsedFile(message, statements, not_evidence, _schema_check(document))


def _schema_check(document: etree._Element) -> SchemaCheck:
    found = iso20022.check(document)
    if found is None:
        return SchemaCheck()
    return SchemaCheck(found.message, tuple((one.line, one.element, one.rule) for one in found.deviations), found.more)


def _message(root: etree._Element) -> str:
    """As the outermost element declares it: an envelope without a namespace is "no namespace" whatever it holds."""
    namespace = etree.QName(root).namespace
    if namespace is None:
        return "no namespace"
    found = _MESSAGE.search(namespace)
    return found[0] if found else namespace


def _document(root: etree._Element) -> etree._Element:
    """The message itself: the root, or the Document inside a business envelope."""
    if etree.QName(root).localname == "Document":
        return root
    inside = next(root.iter("{*}Document"), None)
    if inside is None:
        raise Refused(xmlfile.line_of(root), f"expected an ISO 20022 Document, found {etree.QName(root).localname}")
    return inside


def _body(document: etree._Element) -> tuple[etree._Element, str]:
    namespace = etree.QName(document).namespace
    version = _MESSAGE.search(namespace) if namespace else None
    if namespace and version is None:
        raise Refused(xmlfile.line_of(document), f"this is {namespace}, not a bank statement")
    if version is not None and int(version[1]) > _NEWEST_VERSION:
        raise Refused(xmlfile.line_of(document), f"{version[0]} is newer than the versions read here (up to {_NEWEST_VERSION})")
    for body in document:
        kind = etree.QName(body).localname
        if kind in _KINDS:
            return body, kind
    raise Refused(xmlfile.line_of(document), "there is no statement inside")


def _statement(element: etree._Element, header_time: str) -> ParsedStatement:
    opening = _balance(element, "OPBD") or _balance(element, "PRCD")
    closing = _balance(element, "CLBD")
    fallback = _when(element, closing, header_time)
    lines = tuple(camt_entry.read(entry, fallback) for entry in xmlfile.find_all(element, "Ntry"))
    currency = _currency(element, opening, closing, lines)
    from_date, to_date = (
        xmlfile.text(element, "FrToDt/FrDtTm", "FrToDt/FrDt"),
        xmlfile.text(element, "FrToDt/ToDtTm", "FrToDt/ToDt"),
    )
    return ParsedStatement(
        identification=xmlfile.required(element, "Id"),
        account=xmlfile.required(element, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id").replace(" ", ""),
        currency=currency,
        line=xmlfile.line_of(element),
        opening=opening,
        closing=closing,
        lines=lines,
        from_date=xmlfile.instant(element, from_date).date() if from_date else None,
        to_date=xmlfile.instant(element, to_date).date() if to_date else None,
        flags=_foreign_lines(lines, currency),
    )


def _balance(element: etree._Element, code: str) -> Balance | None:
    """The first balance of that type. Some banks leave the indicator out on credit balances."""
    for balance in xmlfile.find_all(element, "Bal"):
        if xmlfile.text(balance, "Tp/CdOrPrtry/Cd", "Tp/Cd") == code:
            amount, currency = xmlfile.amount(balance, "Amt")
            direction = camt_entry.direction(balance) if xmlfile.find(balance, "CdtDbtInd") is not None else CREDIT
            return Balance(amount if direction == CREDIT else exact.negated(amount), currency, xmlfile.day(balance, "Dt"))
    return None


def _when(element: etree._Element, closing: Balance | None, header_time: str) -> datetime | None:
    """When an entry without any date of its own was booked, at the latest."""
    if closing is not None and closing.day is not None:
        return xmlfile.instant(element, closing.day.isoformat())
    written = xmlfile.text(element, "FrToDt/ToDtTm", "FrToDt/ToDt", "CreDtTm") or header_time
    return xmlfile.instant(element, written) if written else None


def _currency(element: etree._Element, opening: Balance | None, closing: Balance | None, lines: tuple[ParsedLine, ...]) -> str:
    """The account's currency: declared, or that of its balances, or of its first entry; empty when nothing says it."""
    declared = xmlfile.text(element, "Acct/Ccy")
    balances = [balance.currency for balance in (opening, closing) if balance is not None]
    return next(iter([*([declared] if declared else []), *balances, *(line.currency for line in lines)]), "")


def _foreign_lines(lines: tuple[ParsedLine, ...], currency: str) -> tuple[Flag, ...]:
    return tuple(
        Flag(line.line, "entry_currency", f"the entry is in {line.currency}, the account in {currency}: they cannot be added up")
        for line in lines
        if line.currency != currency
    )
