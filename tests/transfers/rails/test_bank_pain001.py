"""What is sent to a bank: every element in the order of the published schema, nothing a bank would reject for its form."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from transfers.rails.bank import charset, pain001
from transfers.rails.bank.pain001 import CreditTransfer
from transfers.rails.base import TerminalError

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ORDER = CreditTransfer(
    message_id="01JABCDEFGHJKMNPQRSTVWXYZ0",
    end_to_end_id="01JABCDEFGHJKMNPQRSTVWXYZ1",
    uetr="6f1b1bd8-3d0b-4c6a-9d0f-0a6bb2a6a111",
    debtor_iban="SE1190000000000000000001",
    debtor_bic="NORDSESSXXX",
    debtor_name="Countersign Ltd",
    creditor={"clabe": "032180000118359719", "name": "José Núñez & Hijos", "country": "MX"},
    amount_minor=1_842_000,
    currency="MXN",
    exponent=2,
    execution_date=date(2026, 11, 21),
    remittance="Invoice 7 \u2013 café",
)
# Child elements that may appear, in the order of pain.001.001.09.
SCHEMA_ORDER = {
    "CstmrCdtTrfInitn": ["GrpHdr", "PmtInf"],
    "GrpHdr": ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"],
    "PmtInf": ["PmtInfId", "PmtMtd", "NbOfTxs", "CtrlSum", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt", "ChrgBr", "CdtTrfTxInf"],
    "CdtTrfTxInf": ["PmtId", "Amt", "CdtrAgt", "Cdtr", "CdtrAcct", "RmtInf"],
    "PmtId": ["InstrId", "EndToEndId", "UETR"],
    "Cdtr": ["Nm", "PstlAdr"],
}


def built(order: CreditTransfer) -> etree._Element:
    return etree.fromstring(pain001.build(order, created_at=NOW))


def test_elements_stand_in_the_order_of_the_schema() -> None:
    for element in built(replace(ORDER, creditor={**ORDER.creditor, "bic": "BCMRMXMM"})).iter():
        name = etree.QName(element).localname
        if name in SCHEMA_ORDER:
            assert [etree.QName(child).localname for child in element] == SCHEMA_ORDER[name]


def test_it_says_what_was_ordered() -> None:
    root = built(ORDER)
    amount = root.find(".//{*}InstdAmt")
    assert amount is not None
    assert (amount.text, amount.get("Ccy")) == ("18420.00", "MXN")
    assert root.findtext(".//{*}CtrlSum") == "18420.00"
    assert root.findtext(".//{*}CreDtTm") == "2026-11-21T12:00:00Z"
    assert root.findtext(".//{*}Cdtr/{*}Nm") == "Jose Nunez + Hijos"
    assert root.findtext(".//{*}Ustrd") == "Invoice 7 - cafe"
    assert root.findtext(".//{*}CdtrAcct/{*}Id/{*}Othr/{*}SchmeNm/{*}Prtry") == "CLABE"
    assert root.findtext(".//{*}ChrgBr") == "DEBT", "the destination gets the whole amount"


@pytest.mark.parametrize(("minor", "exponent", "text"), [(5, 2, "0.05"), (1250, 0, "1250"), (1, 3, "0.001"), (100, 2, "1.00")])
def test_amounts_have_exactly_the_decimals_of_their_currency(minor: int, exponent: int, text: str) -> None:
    assert pain001.amount_text(minor, exponent) == text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"message_id": ""}, "message_id"),
        ({"message_id": "x" * 36}, "message_id"),
        ({"message_id": "/leading"}, "message_id"),
        ({"message_id": "two//slashes"}, "message_id"),
        ({"end_to_end_id": "NOTPROVIDED"}, "end_to_end_id"),
        ({"end_to_end_id": "ümlaut"}, "end_to_end_id"),
        ({"uetr": "6f1b1bd8-3d0b-1c6a-9d0f-0a6bb2a6a111"}, "uetr"),
        ({"debtor_iban": "se11"}, "debtor_iban"),
        ({"debtor_bic": "NORD"}, "debtor_bic"),
        ({"debtor_name": "株式会社"}, "debtor_name"),
        ({"currency": "mxn"}, "currency"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": 10**18}, "amount_minor"),
        ({"exponent": 6}, "exponent"),
        ({"creditor": {"name": "Ana"}}, "creditor account"),
        ({"creditor": {"name": "", "clabe": "032180000118359719"}}, "creditor.name"),
        ({"creditor": {"name": "Ana", "iban": "<IBAN>"}}, "creditor account"),
        ({"creditor": {"name": "Ana", "clabe": "032180000118359719", "country": "Mexico"}}, "creditor.country"),
    ],
)
def test_what_no_bank_would_take_is_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(TerminalError, match=named):
        built(replace(ORDER, **change))


@given(st.text(max_size=200))
def test_any_text_becomes_text_that_banks_carry(value: str) -> None:
    written = charset.latin(value, 140)
    assert len(written) <= 140
    assert all(character.isascii() and (character.isalnum() or character in "/-?:().,'+ ") for character in written)
    assert charset.latin(written, 140) == written
