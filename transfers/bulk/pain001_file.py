"""A bulk file as ISO 20022 pain.001, any version from 03 on.

The balance that pays stands in `DbtrAcct/Id/Othr/Id`, as an asset such as USDC or USDC.ethereum. What a payment debits is
`InstdAmt` where the creditor gets the same currency, otherwise `EqvtAmt` with `CcyOfTrf`. The creditor is an IBAN, an `Othr`
account whose scheme is CLABE or CLIENT, or an address on chain as `Prxy` whose type is the network. `EndToEndId` becomes the line's
reference.

Lines are numbered as the payments stand in the file, from 1. Counts and control sums must agree, in exact decimals; what asks for
something that we would not do is refused, and so is what the published schema of its version does not allow, except that amounts
may be in our assets, with their decimals. A dialect whose schema is not here (the Swiss one) is checked for what is used.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from lxml import etree

from transfers import iso20022
from transfers.bulk.lines import MAX_BYTES, MAX_LINES, FileUnreadable, LineProblem, OrderLine, Read, read
from transfers.rails.bank.xml import Unreadable
from transfers.rails.bank.xml import parse as parse_xml

# The second is how banks in Switzerland write it.
_NAMESPACE = re.compile(
    r"urn:iso:std:iso:20022:tech:xsd:pain\.001\.[0-9]{3}\.[0-9]{2}"
    r"|http://www\.six-interbank-clearing\.com/de/pain\.001\.001\.[0-9]{2}\.ch\.[0-9]{2}\.xsd"
)
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
_MESSAGE_ID = re.compile(r"[!-~]([ -~]{0,33}[!-~])?", re.ASCII)
_PAYMENT = re.compile(r"PmtInf(?:\[(?P<block>[0-9]+)\])?/CdtTrfTxInf(?:\[(?P<payment>[0-9]+)\])?")
_LONGEST_TEXT = 300
_NOT_PROVIDED = "NOTPROVIDED"
_DEBTOR = "DbtrAcct/Id/Othr/Id"


def parse(content: bytes) -> Read:
    """Raises FileUnreadable when it is no such message, or one that contradicts itself."""
    try:
        root = parse_xml(content, max_bytes=MAX_BYTES)
    except Unreadable as error:
        raise FileUnreadable(f"The file is not XML that we read: {error}.") from error
    namespace = etree.QName(root).namespace or ""
    if etree.QName(root).localname != "Document" or not _NAMESPACE.fullmatch(namespace):
        raise FileUnreadable("The file is XML, but no pain.001 message (customer credit transfer).")
    return _Message(root, namespace).read()


class _Message:
    """One document; paths are written without its namespace."""

    def __init__(self, root: etree._Element, namespace: str) -> None:
        self._namespace = namespace
        self._paths: dict[str, str] = {}
        found = root.find(self._path("CstmrCdtTrfInitn"))
        if found is None:
            raise FileUnreadable("The message has no CstmrCdtTrfInitn.")
        self._body = found
        self._root = root

    def read(self) -> Read:
        blocks = self._body.findall(self._path("PmtInf"))
        payments = [(block, one) for block in blocks for one in block.findall(self._path("CdtTrfTxInf"))]
        if not payments:
            raise FileUnreadable("There is no payment in it.")
        if len(payments) > MAX_LINES:
            raise FileUnreadable(f"It has {len(payments):,} payments; one file takes {MAX_LINES:,}. Split it.")
        header = self._body.find(self._path("GrpHdr"))
        if header is None:
            raise FileUnreadable("The message has no GrpHdr.")
        self._check_totals("GrpHdr", header, [one for _, one in payments], must_count=True)
        for block in blocks:
            self._check_block(block)
        lines = [self._line(number, block, one) for number, (block, one) in enumerate(payments, 1)]
        problems = [*self._problems(payments), *_repeated(lines)]
        found = read(lines, [*problems, *self._deviations(blocks, {problem.line for problem in problems})])
        return Read(found.lines, found.problems, self._message_id(header), self._latest_day(blocks))

    def _message_id(self, header: etree._Element) -> str:
        message_id = self._text(header, "MsgId")
        if not _MESSAGE_ID.fullmatch(message_id):
            raise FileUnreadable("GrpHdr/MsgId must be 1 to 35 printable characters: by it we know the file again.")
        return message_id

    def _check_block(self, block: etree._Element) -> None:
        named = f"PmtInf {self._text(block, 'PmtInfId')[:35] or 'without a name'}"
        if self._text(block, "PmtMtd") != "TRF":
            raise FileUnreadable(f"{named}: PmtMtd must be TRF; we carry out credit transfers only.")
        self._check_totals(named, block, block.findall(self._path("CdtTrfTxInf")), must_count=False)

    def _check_totals(self, named: str, holder: etree._Element, payments: list[etree._Element], *, must_count: bool) -> None:
        """Raises FileUnreadable when count or control sum do not agree with what follows: it was damaged on its way."""
        counted, control = self._text(holder, "NbOfTxs"), self._text(holder, "CtrlSum")
        if (counted or must_count) and counted != str(len(payments)):
            raise FileUnreadable(f"{named}: NbOfTxs says {counted[:20] or 'nothing'}, there are {len(payments)} payments.")
        if not control:
            return
        amounts = [self._amount(one)[0] for one in payments]
        if not _AMOUNT.fullmatch(control) or not all(_AMOUNT.fullmatch(amount) for amount in amounts):
            raise FileUnreadable(f"{named}: CtrlSum cannot be checked, since it or an amount is no plain decimal number.")
        if Fraction(control) != sum(Fraction(amount) for amount in amounts):
            raise FileUnreadable(f"{named}: CtrlSum says {control}, which is not what the payments add up to.")

    def _latest_day(self, blocks: list[etree._Element]) -> date | None:
        return max((day for block in blocks if (day := self._day(block))), default=None)

    def _day(self, block: etree._Element) -> date | None:
        """Raises FileUnreadable for a day that is none."""
        place = "ReqdExctnDt"
        said = self._text(block, f"{place}/Dt") or self._text(block, f"{place}/DtTm") or self._text(block, place)
        try:
            return date.fromisoformat(said[:10]) if said else None
        except ValueError as error:
            raise FileUnreadable(f"ReqdExctnDt says {said[:40]!r}, which is no day.") from error

    def _line(self, number: int, block: etree._Element, payment: etree._Element) -> OrderLine:
        amount, _, target = self._amount(payment)
        reference = self._text(payment, "PmtId/EndToEndId")
        return OrderLine(
            number=number,
            amount=_plain(amount),
            source_currency=self._text(block, _DEBTOR),
            target_currency=target,
            destination=self._destination(payment),
            reference="" if reference == _NOT_PROVIDED else reference,
        )

    def _amount(self, payment: etree._Element) -> tuple[str, str, str]:
        """As written, in which currency, and in which the creditor gets it; empty where nothing is said."""
        instructed = payment.find(self._path("Amt/InstdAmt"))
        if instructed is not None:
            currency = instructed.get("Ccy", "")
            return (instructed.text or "").strip(), currency, currency
        equivalent = payment.find(self._path("Amt/EqvtAmt/Amt"))
        if equivalent is None:
            return "", "", ""
        return (equivalent.text or "").strip(), equivalent.get("Ccy", ""), self._text(payment, "Amt/EqvtAmt/CcyOfTrf")

    def _destination(self, payment: etree._Element) -> dict[str, str]:
        """Of no kind when none, or none that we know, is named; that is refused as such."""
        account = "CdtrAcct"
        number, scheme = self._text(payment, f"{account}/Id/Othr/Id"), self._text(payment, f"{account}/Id/Othr/SchmeNm/Prtry")
        name = self._text(payment, "Cdtr/Nm")
        bic = self._text(payment, "CdtrAgt/FinInstnId/BICFI") or self._text(payment, "CdtrAgt/FinInstnId/BIC")
        at_bank = {"type": "bank_account", "name": name} | ({"bic": bic} if bic else {})
        if iban := self._text(payment, f"{account}/Id/IBAN"):
            return at_bank | {"iban": iban}
        if number and scheme == "CLABE":
            return at_bank | {"clabe": number}
        if number and scheme == "CLIENT":
            return {"type": "client_account", "client": number}
        if address := self._text(payment, f"{account}/Prxy/Id"):
            return {"type": "crypto_address", "network": self._text(payment, f"{account}/Prxy/Tp/Prtry"), "address": address}
        return {}

    def _problems(self, payments: list[tuple[etree._Element, etree._Element]]) -> Iterator[LineProblem]:
        for number, (block, payment) in enumerate(payments, 1):
            source, (_, currency, target) = self._text(block, _DEBTOR), self._amount(payment)
            if not source:
                yield LineProblem(number, _DEBTOR, "Name the balance that pays, by its asset: USDC, or USDC.ethereum.")
            elif currency and currency != source.partition(".")[0]:
                said = f"The amount is in {currency[:10]}, and the balance that pays is {source[:60]}."
                yield LineProblem(
                    number, "Amt", f"{said} Order what is debited: EqvtAmt, with {target or 'its currency'} as CcyOfTrf."
                )
            if not self._text(payment, "PmtId/EndToEndId"):
                yield LineProblem(number, "PmtId/EndToEndId", "Give each payment an id of your own; it comes back in the results.")
            if "CRED" in (self._text(block, "ChrgBr"), self._text(payment, "ChrgBr")):
                yield LineProblem(number, "ChrgBr", "Our fees come on top and are the payer's: use DEBT, or leave it out.")

    def _deviations(self, blocks: list[etree._Element], known: set[int]) -> Iterator[LineProblem]:
        """What the schema does not allow, said of its payment, or of the file as a whole (0). A payment with a problem of ours
        needs no second opinion."""
        found = iso20022.check(self._root, assets=True)
        for one in found.deviations if found is not None else ():
            number = self._payment_of(one.element, blocks)
            if number and number in known:
                continue
            where = f"Line {one.line} of the message: " if one.line else ""
            yield LineProblem(
                number, one.element, f"{where}{one.rule}, says the schema of {found.message if found else ''}. Mend it there."
            )

    def _payment_of(self, element: str, blocks: list[etree._Element]) -> int:
        named = _PAYMENT.match(element)
        if named is None:
            return 0
        before = blocks[: int(named["block"] or 1) - 1]
        return sum(len(block.findall(self._path("CdtTrfTxInf"))) for block in before) + int(named["payment"] or 1)

    def _text(self, element: etree._Element, path: str) -> str:
        """Raises FileUnreadable for more than any of our fields holds."""
        found = (element.findtext(self._path(path)) or "").strip()
        if len(found) > _LONGEST_TEXT:
            raise FileUnreadable(f"{path} holds more than {_LONGEST_TEXT} characters.")
        return found

    def _path(self, path: str) -> str:
        if path not in self._paths:
            self._paths[path] = "/".join(f"{{{self._namespace}}}{step}" for step in path.split("/"))
        return self._paths[path]


def _plain(amount: str) -> str:
    """Leading zeros are legal in XML's decimals and not in our amounts; everything else stays, to be judged as it is."""
    return amount.lstrip("0").rjust(1, "0") if amount[:1] == "0" and amount[1:2].isdigit() else amount


def _repeated(lines: list[OrderLine]) -> Iterator[LineProblem]:
    counted = Counter(line.reference for line in lines if line.reference)
    seen: dict[str, int] = {}
    for line in lines:
        if counted[line.reference] > 1 and line.reference in seen:
            sentence = f"Payment {seen[line.reference]} has the same EndToEndId. Give each its own, or take the repeat out."
            yield LineProblem(line.number, "PmtId/EndToEndId", sentence)
        seen.setdefault(line.reference, line.number)
