"""Reading a customer's pain.001 the way a bank's gateway does: what is not understood is refused before anything happens."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from decimal import Decimal

from lxml import etree

_MAX_TRANSACTIONS = 1000
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,5})?")


class BadMessage(ValueError):
    """Not a pain.001 this bank takes; nothing of it was looked at further."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One transaction of the message. `amount` is in major units, as written."""

    payment_id: str
    instruction_id: str
    end_to_end_id: str
    uetr: str
    debtor_iban: str
    creditor_name: str
    creditor_account: str
    account_scheme: str
    amount: str
    currency: str
    execution_date: str
    remittance: str


@dataclass(frozen=True, slots=True)
class Order:
    message_id: str
    instructions: tuple[Instruction, ...]

    @property
    def digest(self) -> str:
        """What was asked for, regardless of when the message was written: a repeat has the same."""
        return hashlib.sha256(json.dumps([asdict(one) for one in self.instructions], sort_keys=True).encode()).hexdigest()


def read(content: bytes) -> Order:
    """Raises BadMessage."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadMessage(f"not well-formed XML: {error}") from error
    namespace = etree.QName(root).namespace or ""
    if (
        not namespace.startswith("urn:iso:std:iso:20022:tech:xsd:pain.001.001.")
        or root.getroottree().docinfo.internalDTD is not None
    ):
        raise BadMessage("only pain.001.001 messages without a DTD are taken")
    names = {"p": namespace}
    message_id = _one(root, "p:CstmrCdtTrfInitn/p:GrpHdr/p:MsgId", names)
    payments = root.findall("p:CstmrCdtTrfInitn/p:PmtInf", names)
    instructions = tuple(
        _instruction(payment, transaction, names) for payment in payments for transaction in payment.findall("p:CdtTrfTxInf", names)
    )
    _check_totals(root, instructions, names)
    return Order(message_id, instructions)


def _instruction(payment: etree._Element, transaction: etree._Element, names: dict[str, str]) -> Instruction:
    amount = transaction.find("p:Amt/p:InstdAmt", names)
    if amount is None or not amount.get("Ccy") or not _AMOUNT.fullmatch((amount.text or "").strip()):
        raise BadMessage("a transaction has no InstdAmt with a decimal number and a currency")
    other = "p:CdtrAcct/p:Id/p:Othr"
    iban = _maybe(transaction, "p:CdtrAcct/p:Id/p:IBAN", names)
    scheme = _maybe(transaction, f"{other}/p:SchmeNm/p:Prtry", names) or _maybe(transaction, f"{other}/p:SchmeNm/p:Cd", names)
    date = _maybe(payment, "p:ReqdExctnDt/p:Dt", names) or _maybe(payment, "p:ReqdExctnDt/p:DtTm", names)[:10]
    return Instruction(
        payment_id=_one(payment, "p:PmtInfId", names),
        instruction_id=_maybe(transaction, "p:PmtId/p:InstrId", names),
        end_to_end_id=_one(transaction, "p:PmtId/p:EndToEndId", names),
        uetr=_maybe(transaction, "p:PmtId/p:UETR", names),
        debtor_iban=_one(payment, "p:DbtrAcct/p:Id/p:IBAN", names),
        creditor_name=_one(transaction, "p:Cdtr/p:Nm", names),
        creditor_account=iban or _one(transaction, f"{other}/p:Id", names),
        account_scheme="IBAN" if iban else scheme,
        amount=(amount.text or "").strip(),
        currency=amount.get("Ccy", ""),
        execution_date=date or _maybe(payment, "p:ReqdExctnDt", names),
        remittance=_maybe(transaction, "p:RmtInf/p:Ustrd", names),
    )


def _check_totals(root: etree._Element, instructions: tuple[Instruction, ...], names: dict[str, str]) -> None:
    """The header's count and control sum must agree with what follows, or the message was damaged on its way."""
    header = root.find("p:CstmrCdtTrfInitn/p:GrpHdr", names)
    counted = _one(header, "p:NbOfTxs", names) if header is not None else ""
    if not 0 < len(instructions) <= _MAX_TRANSACTIONS or counted != str(len(instructions)):
        raise BadMessage(f"NbOfTxs says {counted or 'nothing'}, the message holds {len(instructions)} transactions")
    control = _maybe(header, "p:CtrlSum", names) if header is not None else ""
    total = sum((Decimal(one.amount) for one in instructions), Decimal(0))
    if control and (not _AMOUNT.fullmatch(control) or Decimal(control) != total):
        raise BadMessage(f"CtrlSum says {control}, the transactions add up to {total}")


def _maybe(element: etree._Element, path: str, names: dict[str, str]) -> str:
    return (element.findtext(path, default="", namespaces=names) or "").strip()


def _one(element: etree._Element, path: str, names: dict[str, str]) -> str:
    value = _maybe(element, path, names)
    if not value:
        raise BadMessage(f"{path.replace('p:', '')} is missing")
    return value
