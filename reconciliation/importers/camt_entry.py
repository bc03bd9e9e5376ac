"""One Ntry of a camt message, with the transactions inside it."""

from dataclasses import replace
from datetime import datetime

from lxml import etree

from reconciliation.errors import Refused
from reconciliation.importers import exact, xmlfile
from reconciliation.importers.base import CREDIT, DEBIT, Flag, ParsedLine
from reconciliation.importers.currencies import decimals_flag

_DIRECTIONS = {"CRDT": CREDIT, "DBIT": DEBIT}
# Our names for the references, and where a transaction carries them.
_REFERENCES = {
    "end_to_end_id": "Refs/EndToEndId",
    "uetr": "Refs/UETR",
    "transaction_id": "Refs/TxId",
    "bank_reference": "Refs/AcctSvcrRef",
    "instruction_id": "Refs/InstrId",
    "message_id": "Refs/MsgId",
    "payment_information_id": "Refs/PmtInfId",
    "mandate_id": "Refs/MndtId",
    "creditor_reference": "RmtInf/Strd/CdtrRefInf/Ref",
    "return_reason": "RtrInf/Rsn/Cd",
    "return_text": "RtrInf/AddtlInf",
}
_NO_REFERENCE = frozenset({"NOTPROVIDED", "NONREF"})


def read(entry: etree._Element, fallback: datetime | None) -> ParsedLine:
    """`fallback` dates an entry that has no date of its own. Raises Refused."""
    amount, currency = xmlfile.amount(entry, "Amt")
    booked_at = xmlfile.moment(entry, "BookgDt") or xmlfile.moment(entry, "ValDt") or fallback
    if booked_at is None:
        raise Refused(xmlfile.line_of(entry), "the entry has no date, nor has its statement")
    line = ParsedLine(
        line=xmlfile.line_of(entry),
        amount=amount,
        currency=currency,
        direction=direction(entry),
        status=xmlfile.text(entry, "Sts/Cd", "Sts/Prtry", "Sts"),
        booked_at=booked_at,
        value_date=xmlfile.day(entry, "ValDt"),
        reversal=xmlfile.text(entry, "RvslInd") in ("true", "1"),
        references=_entry_references(entry),
        text=xmlfile.text(entry, "AddtlNtryInf"),
        flags=decimals_flag(xmlfile.line_of(entry), amount, currency),
    )
    transactions = xmlfile.find_all(entry, "NtryDtls/TxDtls")
    if len(transactions) == 1:
        return _described(line, transactions[0])
    return _with_parts(line, transactions) if transactions else line


def direction(element: etree._Element) -> str:
    """Raises Refused when the indicator is missing or neither CRDT nor DBIT."""
    written = xmlfile.required(element, "CdtDbtInd")
    if written not in _DIRECTIONS:
        raise Refused(xmlfile.line_of(element), f"{written[:20]!r} is neither CRDT nor DBIT")
    return _DIRECTIONS[written]


def _entry_references(entry: etree._Element) -> dict[str, str]:
    found = {
        "entry_reference": xmlfile.text(entry, "NtryRef"),
        "bank_reference": xmlfile.text(entry, "AcctSvcrRef"),
        "message_id": xmlfile.text(entry, "NtryDtls/Btch/MsgId", "Btch/MsgId"),
        "payment_information_id": xmlfile.text(entry, "NtryDtls/Btch/PmtInfId", "Btch/PmtInfId"),
    }
    return _meaningful(found)


def _meaningful(references: dict[str, str]) -> dict[str, str]:
    return {kind: value for kind, value in references.items() if value and value.upper() not in _NO_REFERENCE}


def _described(line: ParsedLine, transaction: etree._Element) -> ParsedLine:
    """The line with what one transaction says about it."""
    own = _meaningful({kind: xmlfile.text(transaction, path) for kind, path in _REFERENCES.items()})
    account = _counterparty(transaction, line.direction, "Acct/Id/IBAN", "Acct/Id/Othr/Id")
    told = " ".join((part.text or "").strip() for part in xmlfile.find_all(transaction, "RmtInf/Ustrd"))
    return replace(
        line,
        references={**line.references, **own, **({"counterparty_account": account} if account else {})},
        counterparty=_counterparty(transaction, line.direction, "/Pty/Nm", "/Nm"),
        text=told.strip() or xmlfile.text(transaction, "AddtlTxInf") or line.text,
    )


def _counterparty(transaction: etree._Element, seen_as: str, *paths: str) -> str:
    """Who paid us or whom we paid; a returned payment may name only the other role."""
    roles = ("Dbtr", "Cdtr") if seen_as == CREDIT else ("Cdtr", "Dbtr")
    if (
        xmlfile.find(transaction, f"RltdPties/{roles[0]}") is None
        and xmlfile.find(transaction, f"RltdPties/{roles[0]}Acct") is None
    ):
        roles = (roles[1], roles[0])
    return xmlfile.text(transaction, *(f"RltdPties/{roles[0]}{path}" for path in paths))


def _with_parts(line: ParsedLine, transactions: list[etree._Element]) -> ParsedLine:
    """A collective entry. Parts that do not make up its amount are not believed: the entry stays one item and is flagged."""
    parts = [_part(line, transaction) for transaction in transactions]
    if any(part is None for part in parts):
        flag = Flag(line.line, "details_without_amount", f"{len(parts)} transactions, not all with an amount: kept as one entry")
        return replace(line, flags=(*line.flags, flag))
    whole = replace(line, parts=tuple(part for part in parts if part is not None))
    if whole.movements() == whole.parts:
        return whole
    total = exact.total(part.signed for part in whole.parts)
    flag = Flag(
        line.line,
        "details_differ",
        f"the {len(parts)} transactions add up to {total:f}, the entry is {line.signed:f}: kept as one entry",
    )
    return replace(line, flags=(*line.flags, flag))


def _part(line: ParsedLine, transaction: etree._Element) -> ParsedLine | None:
    path = next((path for path in ("Amt", "AmtDtls/TxAmt/Amt") if xmlfile.find(transaction, path) is not None), "")
    if not path:
        return None
    amount, currency = xmlfile.amount(transaction, path)
    own = direction(transaction) if xmlfile.find(transaction, "CdtDbtInd") is not None else line.direction
    number = xmlfile.line_of(transaction)
    flags = decimals_flag(number, amount, currency)
    return _described(replace(line, line=number, amount=amount, currency=currency, direction=own, flags=flags), transaction)
