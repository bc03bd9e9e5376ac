"""Writing camt.053.001.08."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from backoffice.sandbox.bank.config import BankConfig
from backoffice.sandbox.bank.money import major_text
from backoffice.sandbox.bank.numbers import iban_is_valid
from backoffice.sandbox.bank.xml import Writer

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
# Domain, family and sub-family of the bank transaction code list.
_CODES = {"payment": ("PMNT", "ICDT", "DMCT"), "incoming": ("PMNT", "RCDT", "DMCT"), "fee": ("ACMT", "MDOP", "CHRG")}
_RETURNED, _TAKEN_BACK, _COLLECTED = ("PMNT", "ICDT", "RRTN"), ("PMNT", "RCDT", "RRTN"), ("PMNT", "RDDT", "PMDD")


@dataclass(frozen=True, slots=True)
class Period:
    """Times are epoch seconds, balances signed minor units."""

    sequence: int
    opened_at: float
    closed_at: float
    opening: int
    closing: int


def write(bank: BankConfig, account: sqlite3.Row, period: Period, bookings: Sequence[sqlite3.Row]) -> bytes:
    writer = Writer(NAMESPACE)
    message = writer.add(writer.root, "BkToCstmrStmt")
    identification = f"{account['iban'][-8:]}-{period.sequence:06d}"
    header = writer.add(message, "GrpHdr")
    writer.add(header, "MsgId", f"CAMT053-{identification}")
    writer.add(header, "CreDtTm", time_text(period.closed_at))
    statement = writer.add(message, "Stmt")
    writer.add(statement, "Id", identification)
    writer.add(statement, "ElctrncSeqNb", str(period.sequence))
    writer.add(statement, "CreDtTm", time_text(period.closed_at))
    span = writer.add(statement, "FrToDt")
    writer.add(span, "FrDtTm", time_text(period.opened_at))
    writer.add(span, "ToDtTm", time_text(period.closed_at))
    write_account(writer, statement, bank, account)
    _balance(writer, statement, "OPBD", period.opening, account["currency"], period.opened_at)
    _balance(writer, statement, "CLBD", period.closing, account["currency"], period.closed_at)
    for booking in bookings:
        write_entry(writer, statement, account["currency"], booking)
    return writer.content()


def write_account(writer: Writer, statement: etree._Element, bank: BankConfig, row: sqlite3.Row) -> None:
    account = writer.add(statement, "Acct")
    writer.path(account, "Id/IBAN", row["iban"])
    writer.add(account, "Ccy", row["currency"])
    writer.path(account, "Ownr/Nm", row["holder"])
    servicer = writer.add(writer.add(account, "Svcr"), "FinInstnId")
    writer.add(servicer, "BICFI", bank.bic)
    writer.add(servicer, "Nm", bank.name)


def _balance(writer: Writer, statement: etree._Element, code: str, amount: int, currency: str, at: float) -> None:
    balance = writer.add(statement, "Bal")
    writer.path(balance, "Tp/CdOrPrtry/Cd", code)
    _amount(writer, balance, amount, currency)
    writer.path(balance, "Dt/Dt", _day(at))


def _amount(writer: Writer, parent: etree._Element, amount: int, currency: str) -> None:
    writer.add(parent, "Amt", major_text(abs(amount), currency), Ccy=currency)
    writer.add(parent, "CdtDbtInd", "CRDT" if amount >= 0 else "DBIT")


def write_entry(writer: Writer, statement: etree._Element, currency: str, booking: sqlite3.Row) -> None:
    shown = booking["amount"] if booking["shown_amount"] is None else booking["shown_amount"]
    entry = writer.add(statement, "Ntry")
    writer.add(entry, "NtryRef", str(booking["id"]))
    _amount(writer, entry, shown, currency)
    writer.path(entry, "Sts/Cd", "BOOK")
    writer.path(entry, "BookgDt/DtTm", time_text(booking["booked_at"]))
    writer.path(entry, "ValDt/Dt", _day(booking["booked_at"]))
    writer.add(entry, "AcctSvcrRef", booking["bank_reference"])
    domain, family, sub_family = _code(booking)
    code = writer.add(writer.add(entry, "BkTxCd"), "Domn")
    writer.add(code, "Cd", domain)
    family_element = writer.add(code, "Fmly")
    writer.add(family_element, "Cd", family)
    writer.add(family_element, "SubFmlyCd", sub_family)
    _details(writer, writer.add(writer.add(entry, "NtryDtls"), "TxDtls"), currency, booking, shown)


def _code(booking: sqlite3.Row) -> tuple[str, str, str]:
    if booking["is_collected"]:
        return _COLLECTED
    if booking["returns"]:
        return _TAKEN_BACK
    return _RETURNED if booking["return_reason"] else _CODES[booking["kind"]]


def _details(writer: Writer, details: etree._Element, currency: str, booking: sqlite3.Row, shown: int) -> None:
    references = writer.add(details, "Refs")
    writer.add_if(references, "MsgId", booking["message_id"])
    writer.add(references, "AcctSvcrRef", booking["bank_reference"])
    writer.add_if(references, "InstrId", booking["instruction_id"])
    writer.add(references, "EndToEndId", booking["end_to_end_id"] or "NOTPROVIDED")
    writer.add_if(references, "UETR", booking["uetr"])
    _amount(writer, details, shown, currency)
    if booking["counterparty"]:
        _counterparty(writer, writer.add(details, "RltdPties"), "Cdtr" if booking["amount"] < 0 else "Dbtr", booking)
    if booking["remittance"]:
        writer.path(details, "RmtInf/Ustrd", booking["remittance"])
    if booking["return_reason"]:
        returned = writer.add(details, "RtrInf")
        writer.path(returned, "Rsn/Cd", booking["return_reason"])
        # Which of our own references the returned money came in under: the one name that no other payment has.
        writer.add_if(returned, "AddtlInf", booking["returns"])


def _counterparty(writer: Writer, parties: etree._Element, role: str, booking: sqlite3.Row) -> None:
    writer.path(parties, f"{role}/Pty/Nm", booking["counterparty"])
    account = booking["counterparty_account"]
    if account:
        writer.path(parties, f"{role}Acct/Id/{'IBAN' if iban_is_valid(account) else 'Othr/Id'}", account)


def time_text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
