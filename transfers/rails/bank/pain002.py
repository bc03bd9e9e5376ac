"""What a bank says about a payment order (pain.002, any version): one verdict per transaction, or one for the whole message."""

from dataclasses import dataclass

from lxml import etree

from transfers.rails.bank.xml import Unreadable, children, deviations, find, name, parse, required, text

# ExternalPaymentTransactionStatus1Code and its group and payment level relatives.
_LISTED = "ACCC ACCP ACFC ACIS ACPD ACSC ACSP ACTC ACWC ACWP BLCK CANC CPUC PART PATC PDNG PRES RCVC RCVD RJCT"
STATUSES = frozenset(_LISTED.split())

# Reasons that do not say "this was not paid" but "this was here before": the first one may well have been paid.
_SEEN_BEFORE = frozenset({"AM05", "DU01", "DU02", "DU03", "DU04", "DU05"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status with its reason: the code and, where the bank wrote any, its words."""

    status: str
    code: str = ""
    words: str = ""

    @property
    def reason(self) -> str:
        return ": ".join(part for part in (self.code, self.words) if part)

    @property
    def is_about_a_duplicate(self) -> bool:
        """A rejection of the repeat that leaves open what became of the first."""
        return self.status == "RJCT" and self.code in _SEEN_BEFORE


@dataclass(frozen=True, slots=True)
class TransactionStatus:
    end_to_end_id: str
    instruction_id: str
    uetr: str
    bank_reference: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    payment_id: str
    verdict: Verdict | None
    transactions: tuple[TransactionStatus, ...]


@dataclass(frozen=True, slots=True)
class StatusReport:
    message_id: str
    original_message_id: str
    group: Verdict | None
    payments: tuple[PaymentStatus, ...]
    deviates: str = ""

    def verdict_on(self, end_to_end_id: str) -> tuple[Verdict, str]:
        """The most specific verdict on that payment, and the bank's own reference. A message of ours holds one payment,
        so a verdict on the payment or the group is a verdict on it, unless it says that only a part was accepted.
        Raises Unreadable when nothing is said."""
        for payment in self.payments:
            for transaction in payment.transactions:
                if transaction.end_to_end_id == end_to_end_id and transaction.verdict is not None:
                    return transaction.verdict, transaction.bank_reference
        wider = [payment.verdict for payment in self.payments if payment.verdict is not None]
        wider += [self.group] if self.group is not None else []
        about_others = any(payment.transactions for payment in self.payments)
        if len(wider) == 0 or about_others or wider[0].status == "PART":
            raise Unreadable(f"the status report {self.message_id} says nothing about {end_to_end_id}")
        return wider[0], ""


def read(content: bytes) -> StatusReport:
    """Raises Unreadable when the content is not a pain.002 or holds a status that no code list knows."""
    root = parse(content)
    namespace = etree.QName(root).namespace or ""
    report = find(root, "CstmrPmtStsRpt")
    if name(root) != "Document" or report is None or (namespace and "pain.002" not in namespace):
        raise Unreadable(f"expected a pain.002 message, found {name(root)} of {namespace or 'no namespace'}")
    original = find(report, "OrgnlGrpInfAndSts")
    if original is None:
        raise Unreadable("the status report does not say which message it is about")
    return StatusReport(
        message_id=required(report, "GrpHdr/MsgId"),
        original_message_id=required(original, "OrgnlMsgId"),
        group=_verdict(original, "GrpSts"),
        payments=tuple(_payment(element) for element in children(report, "OrgnlPmtInfAndSts")),
        deviates=deviations(root),
    )


def _payment(element: etree._Element) -> PaymentStatus:
    transactions = tuple(_transaction(child) for child in children(element, "TxInfAndSts"))
    return PaymentStatus(text(element, "OrgnlPmtInfId"), _verdict(element, "PmtInfSts"), transactions)


def _transaction(element: etree._Element) -> TransactionStatus:
    return TransactionStatus(
        end_to_end_id=text(element, "OrgnlEndToEndId"),
        instruction_id=text(element, "OrgnlInstrId"),
        uetr=text(element, "OrgnlUETR"),
        bank_reference=text(element, "AcctSvcrRef"),
        verdict=_verdict(element, "TxSts"),
    )


def _verdict(element: etree._Element, status_element: str) -> Verdict | None:
    status = text(element, status_element)
    if not status:
        return None
    if status not in STATUSES:
        raise Unreadable(f"unknown status {status!r} (line {element.sourceline})")
    reasons = children(element, "StsRsnInf")
    codes = [text(reason, "Rsn/Cd") or text(reason, "Rsn/Prtry") for reason in reasons]
    words = [(line.text or "").strip() for reason in reasons for line in children(reason, "AddtlInf")]
    return Verdict(status, next((code for code in codes if code), ""), " ".join(words))
