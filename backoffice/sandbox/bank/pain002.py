"""Answering with pain.002.001.10."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from backoffice.sandbox.bank.xml import Writer

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one transaction. `code` and `words` say why it was rejected."""

    payment_id: str
    instruction_id: str
    end_to_end_id: str
    uetr: str
    status: str
    code: str
    words: str
    bank_reference: str


def write(*, bic: str, message_id: str, outcomes: Sequence[Outcome], at: float) -> bytes:
    """One report over the given transactions of one message, grouped by payment."""
    writer = Writer(NAMESPACE)
    report, _original = _open(writer, bic, message_id, at)
    for payment_id in dict.fromkeys(outcome.payment_id for outcome in outcomes):
        payment = writer.add(report, "OrgnlPmtInfAndSts")
        writer.add(payment, "OrgnlPmtInfId", payment_id)
        for outcome in outcomes:
            if outcome.payment_id == payment_id:
                _transaction(writer, payment, outcome)
    return writer.content()


def write_group_rejection(*, bic: str, message_id: str, code: str, words: str, at: float) -> bytes:
    """The whole message is refused."""
    writer = Writer(NAMESPACE)
    _report, original = _open(writer, bic, message_id, at)
    writer.add(original, "GrpSts", "RJCT")
    _reason(writer, original, code, words)
    return writer.content()


def _open(writer: Writer, bic: str, message_id: str, at: float) -> tuple[etree._Element, etree._Element]:
    report = writer.add(writer.root, "CstmrPmtStsRpt")
    header = writer.add(report, "GrpHdr")
    writer.add(header, "MsgId", uuid.uuid4().hex)
    writer.add(header, "CreDtTm", datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    writer.path(header, "DbtrAgt/FinInstnId/BICFI", bic)
    original = writer.add(report, "OrgnlGrpInfAndSts")
    writer.add(original, "OrgnlMsgId", message_id)
    writer.add(original, "OrgnlMsgNmId", "pain.001")
    return report, original


def _transaction(writer: Writer, payment: etree._Element, outcome: Outcome) -> None:
    transaction = writer.add(payment, "TxInfAndSts")
    writer.add_if(transaction, "OrgnlInstrId", outcome.instruction_id)
    writer.add(transaction, "OrgnlEndToEndId", outcome.end_to_end_id)
    writer.add_if(transaction, "OrgnlUETR", outcome.uetr)
    writer.add(transaction, "TxSts", outcome.status)
    if outcome.code:
        _reason(writer, transaction, outcome.code, outcome.words)
    writer.add_if(transaction, "AcctSvcrRef", outcome.bank_reference)


def _reason(writer: Writer, parent: etree._Element, code: str, words: str) -> None:
    information = writer.add(parent, "StsRsnInf")
    writer.path(information, "Rsn/Cd", code)
    writer.add_if(information, "AddtlInf", words[:105])
