"""What leaves is valid by the published schema, or does not leave; what arrives may stray from it, and that is told."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from tests.transfers.rails.corpus import path
from tests.transfers.rails.test_bank_pain001 import ORDER
from transfers import iso20022
from transfers.rails.bank import camt029, camt054, camt056, outgoing, pain001, pain002
from transfers.rails.bank.camt056 import REASONS, RecallRequest
from transfers.rails.base import TerminalError

NOW = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)
CREDITORS: list[dict[str, str]] = [
    {"iban": "DE89370400440532013000", "name": "Ana"},
    {"iban": "DE89370400440532013000", "name": "Ana", "bic": "COBADEFF", "country": "DE"},
    {"clabe": "032180000118359719", "name": "José Núñez & Hijos", "country": "MX"},
    {"account_number": "12345-67", "name": "x" * 200, "bic": "BCMRMXMMXXX"},
]
RECALL = RecallRequest(
    recall_id="01JABCDEFGHJKMNPQRSTVWXYZ9",
    message_id=ORDER.message_id,
    end_to_end_id=ORDER.end_to_end_id,
    uetr=ORDER.uetr,
    amount_minor=1_842_000,
    currency="MXN",
    exponent=2,
    execution_date=date(2026, 11, 21),
    debtor_name="Countersign Ltd",
    bank_bic="NORDSESSXXX",
    reason_code="DUPL",
    words="",
)


def is_valid(content: bytes) -> bool:
    found = iso20022.check(etree.fromstring(content))
    return found is not None and not found.deviations


@pytest.mark.parametrize("creditor", CREDITORS)
@pytest.mark.parametrize(("currency", "exponent"), [("MXN", 2), ("JPY", 0), ("KWD", 3)])
def test_every_payment_order_is_valid(creditor: dict[str, str], currency: str, exponent: int) -> None:
    order = replace(ORDER, creditor=creditor, currency=currency, exponent=exponent, remittance="")
    assert is_valid(pain001.build(order, created_at=NOW))
    assert is_valid(pain001.build(replace(order, remittance="Invoice \u2013 " * 40), created_at=NOW))


def test_a_message_of_many_is_valid() -> None:
    orders = [replace(ORDER, end_to_end_id=f"E{number}", creditor=CREDITORS[number % 4]) for number in range(500)]
    assert is_valid(pain001.build_many(orders, created_at=NOW))


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("words", ["", "Paid twice, says the client \u2013 " * 10])
def test_every_recall_is_valid(reason: str, words: str) -> None:
    assert is_valid(camt056.build(replace(RECALL, reason_code=reason, words=words), created_at=NOW))


def test_what_the_schema_does_not_allow_never_leaves() -> None:
    """Each order is fine by itself, their sum has more digits than the message may hold."""
    orders = [replace(ORDER, end_to_end_id=f"E{number}", amount_minor=10**18 - 1) for number in range(2)]
    with pytest.raises(TerminalError, match=r"pain\.001\.001\.09 does not allow it: .*CtrlSum: .* has more than 18 digits"):
        pain001.build_many(orders, created_at=NOW)
    with pytest.raises(TerminalError, match="BICFI"):
        camt056.build(replace(RECALL, bank_bic="NOT A BIC"), created_at=NOW)


def test_without_a_schema_nothing_leaves_either() -> None:
    with pytest.raises(TerminalError, match="no schema"):
        outgoing.as_bytes(etree.fromstring('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.99"/>'), "payment order")


def test_an_answer_that_strays_is_read_and_says_so() -> None:
    real = pain002.read(path("pain/iso20022js_goldman_sachs_pain_002_v3_accepted.xml").read_bytes())
    assert "pain.002.001.03: line 13, OrgnlGrpInfAndSts/OrgnlNbOfTxs: it does not belong here" in real.deviates
    assert pain002.read(path("pain/iso20022js_nordea_pain_002_v3_txn_reject.xml").read_bytes()).deviates == ""
    bare = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.029.001.09"><RsltnOfInvstgtn><Sts><Conf>CNCL</Conf></Sts>'
    assert "Assgnmt" in camt029.read(bare + b"</RsltnOfInvstgtn></Document>").deviates
    assert "Ntfctn/Ntry/Sts" in camt054.names(path("camt/subite_054_2024-06-05.xml").read_bytes())[1]
