"""Credit transfers as pain.001.001.09, one or many in a message; nothing leaves that the published schema does not allow.

Charges are the debtor's (`DEBT`): the amount of a transfer is what its destination gets.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lxml import etree

from transfers.rails.bank import charset, outgoing
from transfers.rails.base import TerminalError

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_EMPTY = f'<Document xmlns="{NAMESPACE}"/>'
_UETR = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_OTHER_ACCOUNT = re.compile(r"[A-Za-z0-9\-]{1,34}")
# What banks take in one message differs; every one we know takes this many.
MOST_IN_A_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class CreditTransfer:
    """What the bank is asked to pay. `creditor` has `name`, one of `iban`, `clabe` or `account_number`, and may have
    `bic` and `country`. `message_id` protects the order from being carried out twice: send a repeat under the same one."""

    message_id: str
    end_to_end_id: str
    uetr: str
    debtor_iban: str
    debtor_bic: str
    debtor_name: str
    creditor: Mapping[str, str]
    amount_minor: int
    currency: str
    exponent: int
    execution_date: date
    remittance: str = ""


def build(transfer: CreditTransfer, *, created_at: datetime) -> bytes:
    """The message as UTF-8 XML. Raises TerminalError naming the field that no bank would accept."""
    return build_many((transfer,), created_at=created_at)


def build_many(transfers: Sequence[CreditTransfer], *, created_at: datetime) -> bytes:
    """One message with one payment block: all share message id, debtor, currency and day. Raises TerminalError as `build` does, and
    for transfers that do not belong into one message."""
    if not 0 < len(transfers) <= MOST_IN_A_MESSAGE:
        raise TerminalError(f"a message holds 1 to {MOST_IN_A_MESSAGE} payments, not {len(transfers)}")
    for transfer in transfers:
        check(transfer)
    if len({_block(transfer) for transfer in transfers}) != 1:
        raise TerminalError("payments of several accounts, currencies or days cannot share one message")
    if len({transfer.end_to_end_id for transfer in transfers}) != len(transfers):
        raise TerminalError("two payments of one message have the same end-to-end id")
    document = etree.fromstring(_EMPTY)
    initiation = _add(document, "CstmrCdtTrfInitn")
    _group_header(initiation, transfers, created_at)
    payment = _payment(initiation, transfers)
    for transfer in transfers:
        _transaction(payment, transfer, instruction=transfer.message_id if len(transfers) == 1 else transfer.end_to_end_id)
    return outgoing.as_bytes(document, "payment order")


def _block(transfer: CreditTransfer) -> tuple[object, ...]:
    """What stands once per message."""
    debtor = (transfer.debtor_iban, transfer.debtor_bic, transfer.debtor_name)
    return (transfer.message_id, *debtor, transfer.currency, transfer.exponent, transfer.execution_date)


def check(transfer: CreditTransfer) -> None:
    """Raises TerminalError on the first field that cannot be sent."""
    facts = {
        "message_id": charset.is_reference(transfer.message_id),
        "end_to_end_id": charset.is_reference(transfer.end_to_end_id) and transfer.end_to_end_id != "NOTPROVIDED",
        "uetr": _UETR.fullmatch(transfer.uetr) is not None,
        "debtor_iban": _IBAN.fullmatch(transfer.debtor_iban) is not None,
        "debtor_bic": _BIC.fullmatch(transfer.debtor_bic) is not None,
        "debtor_name": bool(charset.latin(transfer.debtor_name, 140)),
        "currency": _CURRENCY.fullmatch(transfer.currency) is not None,
        "exponent": 0 <= transfer.exponent <= 5,
        "amount_minor": type(transfer.amount_minor) is int and 0 < transfer.amount_minor < 10**18,
        "creditor.name": bool(charset.latin(transfer.creditor.get("name", ""), 140)),
        "creditor.country": _optional(_COUNTRY, transfer.creditor.get("country", "")),
        "creditor.bic": _optional(_BIC, transfer.creditor.get("bic", "")),
        "creditor account": _account_is_sendable(transfer.creditor),
    }
    wrong = [field for field, fits in facts.items() if not fits]
    if wrong:
        raise TerminalError(f"the payment order cannot be written: {', '.join(wrong)} would not be accepted by a bank")


def amount_text(minor: int, exponent: int) -> str:
    """Major units with exactly the currency's decimals, as InstdAmt wants them."""
    whole, fraction = divmod(minor, 10**exponent)
    return f"{whole}.{fraction:0{exponent}d}" if exponent else str(whole)


def _optional(pattern: re.Pattern[str], value: str) -> bool:
    return not value or pattern.fullmatch(value) is not None


def _account_is_sendable(creditor: Mapping[str, str]) -> bool:
    if creditor.get("iban"):
        return _IBAN.fullmatch(creditor["iban"]) is not None
    number = creditor.get("clabe") or creditor.get("account_number") or ""
    return _OTHER_ACCOUNT.fullmatch(number) is not None


def _add(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    element.text = text
    return element


def _totals(parent: etree._Element, transfers: Sequence[CreditTransfer]) -> None:
    _add(parent, "NbOfTxs", str(len(transfers)))
    _add(parent, "CtrlSum", amount_text(sum(transfer.amount_minor for transfer in transfers), transfers[0].exponent))


def _group_header(initiation: etree._Element, transfers: Sequence[CreditTransfer], created_at: datetime) -> None:
    transfer = transfers[0]
    header = _add(initiation, "GrpHdr")
    _add(header, "MsgId", transfer.message_id)
    _add(header, "CreDtTm", created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _totals(header, transfers)
    _add(_add(header, "InitgPty"), "Nm", charset.latin(transfer.debtor_name, 140))


def _payment(initiation: etree._Element, transfers: Sequence[CreditTransfer]) -> etree._Element:
    transfer = transfers[0]
    payment = _add(initiation, "PmtInf")
    _add(payment, "PmtInfId", transfer.message_id)
    _add(payment, "PmtMtd", "TRF")
    _totals(payment, transfers)
    _add(_add(payment, "ReqdExctnDt"), "Dt", transfer.execution_date.isoformat())
    _add(_add(payment, "Dbtr"), "Nm", charset.latin(transfer.debtor_name, 140))
    account = _add(payment, "DbtrAcct")
    _add(_add(account, "Id"), "IBAN", transfer.debtor_iban)
    _add(_add(_add(payment, "DbtrAgt"), "FinInstnId"), "BICFI", transfer.debtor_bic)
    _add(payment, "ChrgBr", "DEBT")
    return payment


def _transaction(payment: etree._Element, transfer: CreditTransfer, *, instruction: str) -> None:
    transaction = _add(payment, "CdtTrfTxInf")
    identification = _add(transaction, "PmtId")
    _add(identification, "InstrId", instruction)
    _add(identification, "EndToEndId", transfer.end_to_end_id)
    _add(identification, "UETR", transfer.uetr)
    amount = _add(_add(transaction, "Amt"), "InstdAmt", amount_text(transfer.amount_minor, transfer.exponent))
    amount.set("Ccy", transfer.currency)
    if transfer.creditor.get("bic"):
        _add(_add(_add(transaction, "CdtrAgt"), "FinInstnId"), "BICFI", transfer.creditor["bic"])
    _creditor(transaction, transfer.creditor)
    remittance = charset.latin(transfer.remittance, 140)
    if remittance:
        _add(_add(transaction, "RmtInf"), "Ustrd", remittance)


def _creditor(transaction: etree._Element, creditor: Mapping[str, str]) -> None:
    party = _add(transaction, "Cdtr")
    _add(party, "Nm", charset.latin(creditor["name"], 140))
    if creditor.get("country"):
        _add(_add(party, "PstlAdr"), "Ctry", creditor["country"])
    identification = _add(_add(transaction, "CdtrAcct"), "Id")
    if creditor.get("iban"):
        _add(identification, "IBAN", creditor["iban"])
        return
    other = _add(identification, "Othr")
    _add(other, "Id", creditor.get("clabe") or creditor["account_number"])
    scheme = _add(other, "SchmeNm")
    _add(scheme, "Prtry", "CLABE") if creditor.get("clabe") else _add(scheme, "Cd", "BBAN")
