"""Asking for a payment back: camt.056.001.08, one payment in each request."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from lxml import etree

from transfers.rails.bank import charset, outgoing
from transfers.rails.bank.pain001 import amount_text
from transfers.rails.base import TerminalError

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.056.001.08"
_EMPTY = f'<Document xmlns="{NAMESPACE}"/>'
# ExternalCancellationReason1Code, those that a customer of a bank may give.
REASONS = {
    "DUPL": "It was paid twice",
    "CUST": "The client asks for it",
    "AC03": "The account number is wrong",
    "AM09": "The amount is wrong",
    "FRAD": "It is the outcome of fraud",
    "TECH": "It was sent by a technical error",
}


@dataclass(frozen=True, slots=True)
class RecallRequest:
    """`recall_id` names the request: send a repeat under the same one. The rest is as the payment was ordered."""

    recall_id: str
    message_id: str
    end_to_end_id: str
    uetr: str
    amount_minor: int
    currency: str
    exponent: int
    execution_date: date
    debtor_name: str
    bank_bic: str
    reason_code: str
    words: str


def build(recall: RecallRequest, *, created_at: datetime) -> bytes:
    """The message as UTF-8 XML. Raises TerminalError naming what no bank would accept."""
    if not charset.is_reference(recall.recall_id) or recall.reason_code not in REASONS:
        raise TerminalError("the recall cannot be written: its id or its reason would not be accepted by a bank")
    document = etree.fromstring(_EMPTY)
    request = _add(document, "FIToFIPmtCxlReq")
    assignment = _add(request, "Assgnmt")
    _add(assignment, "Id", recall.recall_id)
    _path(assignment, "Assgnr/Pty/Nm", charset.latin(recall.debtor_name, 140))
    _path(assignment, "Assgne/Agt/FinInstnId/BICFI", recall.bank_bic)
    _add(assignment, "CreDtTm", created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    case = _add(request, "Case")
    _add(case, "Id", recall.recall_id)
    _path(case, "Cretr/Pty/Nm", charset.latin(recall.debtor_name, 140))
    _path(request, "CtrlData/NbOfTxs", "1")
    _transaction(_add(_add(request, "Undrlyg"), "TxInf"), recall)
    return outgoing.as_bytes(document, "recall")


def _transaction(information: etree._Element, recall: RecallRequest) -> None:
    _add(information, "CxlId", recall.recall_id)
    original = _add(information, "OrgnlGrpInf")
    _add(original, "OrgnlMsgId", recall.message_id)
    _add(original, "OrgnlMsgNmId", "pain.001.001.09")
    _add(information, "OrgnlEndToEndId", recall.end_to_end_id)
    _add(information, "OrgnlUETR", recall.uetr)
    amount = _add(information, "OrgnlIntrBkSttlmAmt", amount_text(recall.amount_minor, recall.exponent))
    amount.set("Ccy", recall.currency)
    _add(information, "OrgnlIntrBkSttlmDt", recall.execution_date.isoformat())
    reason = _add(information, "CxlRsnInf")
    _path(reason, "Rsn/Cd", recall.reason_code)
    if words := charset.latin(recall.words, 105):
        _add(reason, "AddtlInf", words)


def _path(parent: etree._Element, path: str, text: str) -> None:
    *above, last = path.split("/")
    for tag in above:
        parent = _add(parent, tag)
    _add(parent, last, text)


def _add(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}")
    element.text = text
    return element
