"""Many payments in one message: what may share one, and what each answer says about whom."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from lxml import etree

from tests.sandbox.bank_office import DELAY, MXN, TOKEN, Office, open_office
from transfers.rails.bank import BankRail, CreditTransfer, pain001
from transfers.rails.base import TerminalError, UnknownOutcome

WRITTEN = datetime(2026, 9, 21, tzinfo=UTC)
ONE = CreditTransfer(
    message_id="BATCH-1",
    end_to_end_id="E1",
    uetr="11111111-1111-4111-8111-111111111111",
    debtor_iban=MXN,
    debtor_bic="TESTSESSXXX",
    debtor_name="House",
    creditor={"name": "Ana", "clabe": "032180000118359719"},
    amount_minor=10_000,
    currency="MXN",
    exponent=2,
    execution_date=date(2026, 9, 21),
    remittance="rent",
)
TWO = replace(ONE, end_to_end_id="E2", uetr="22222222-2222-4222-8222-222222222222", amount_minor=123)
THREE = replace(ONE, end_to_end_id="E3", uetr="33333333-3333-4333-8333-333333333333", amount_minor=1)


@pytest.fixture
def office(tmp_path: Any) -> Any:
    with open_office(tmp_path) as opened:
        yield opened


@pytest.fixture
def bank(office: Office) -> Iterator[BankRail]:
    rail = BankRail(office.url, TOKEN)
    yield rail
    rail.close()


def answered_with(report: str) -> BankRail:
    content = (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>{report}</CstmrPmtStsRpt></Document>'
    )
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content.encode()))
    return BankRail("http://bank.example", TOKEN, transport=transport)


def head(message_id: str = "BATCH-1", status: str = "") -> str:
    return (
        "<GrpHdr><MsgId>R1</MsgId></GrpHdr><OrgnlGrpInfAndSts>"
        f"<OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId>{status}</OrgnlGrpInfAndSts>"
    )


def group(status: str, code: str) -> str:
    return f"<GrpSts>{status}</GrpSts><StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>"


def test_a_message_adds_up_and_holds_each_payment_once() -> None:
    root = etree.fromstring(pain001.build_many((ONE, TWO, THREE), created_at=WRITTEN))
    for block in ("GrpHdr", "PmtInf"):
        assert (root.findtext(f".//{{*}}{block}/{{*}}NbOfTxs"), root.findtext(f".//{{*}}{block}/{{*}}CtrlSum")) == ("3", "101.24")
    assert [element.text for element in root.iter("{*}InstrId")] == ["E1", "E2", "E3"]
    assert [element.text for element in root.iter("{*}InstdAmt")] == ["100.00", "1.23", "0.01"]


def test_the_same_orders_are_the_same_bytes() -> None:
    assert pain001.build_many((ONE, TWO), created_at=WRITTEN) == pain001.build_many((ONE, TWO), created_at=WRITTEN)
    assert pain001.build(ONE, created_at=WRITTEN) == pain001.build_many((ONE,), created_at=WRITTEN)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ((replace(TWO, currency="EUR"),), "several accounts, currencies or days"),
        ((replace(TWO, execution_date=date(2026, 9, 22)),), "several accounts, currencies or days"),
        ((replace(TWO, debtor_iban="SE8190000000000000000002"),), "several accounts, currencies or days"),
        ((replace(TWO, message_id="BATCH-2"),), "several accounts, currencies or days"),
        ((replace(TWO, end_to_end_id="E1"),), "same end-to-end id"),
        ((replace(TWO, amount_minor=0),), "amount_minor"),
        (tuple(replace(TWO, end_to_end_id=f"X{number}") for number in range(500)), "holds 1 to 500"),
    ],
)
def test_what_does_not_belong_into_one_message_is_refused(others: tuple[CreditTransfer, ...], words: str) -> None:
    with pytest.raises(TerminalError, match=words):
        pain001.build_many((ONE, *others), created_at=WRITTEN)


def test_the_bank_answers_for_each_and_carries_out_what_it_took(office: Office, bank: BankRail) -> None:
    wrong = replace(TWO, creditor={"name": "Bo", "clabe": "032180000118359710"})
    answer = bank.submit_many((ONE, wrong, THREE), created_at=WRITTEN)
    assert {name: verdict[0] for name, verdict in answer.verdicts.items()} == {"E1": "ACTC", "E2": "RJCT", "E3": "ACTC"}
    assert answer.verdicts["E2"][1].startswith("AC01")
    office.pass_time(DELAY)
    office.pass_time(DELAY)
    assert [bank.status(name).status for name in ("E1", "E2", "E3")] == ["ACSC", "RJCT", "ACSC"]


def test_a_repeat_is_answered_as_the_first_and_other_content_is_unknown(bank: BankRail) -> None:
    first = bank.submit_many((ONE, TWO), created_at=WRITTEN)
    assert bank.submit_many((ONE, TWO), created_at=WRITTEN).verdicts == first.verdicts
    with pytest.raises(UnknownOutcome, match="had this message before"):
        bank.submit_many((ONE, replace(TWO, amount_minor=124)), created_at=WRITTEN)


def test_a_rejected_file_rejects_all() -> None:
    answer = answered_with(head(status=group("RJCT", "AM10"))).submit_many((ONE, TWO), created_at=WRITTEN)
    assert {name: verdict[:2] for name, verdict in answer.verdicts.items()} == {"E1": ("RJCT", "AM10"), "E2": ("RJCT", "AM10")}


def test_who_is_not_named_in_a_partial_answer_is_asked_about_later() -> None:
    named = (
        "<OrgnlPmtInfAndSts><OrgnlPmtInfId>BATCH-1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>E2</OrgnlEndToEndId>"
        "<TxSts>RJCT</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>"
    )
    report = head(status="<GrpSts>PART</GrpSts>") + named
    assert answered_with(report).submit_many((ONE, TWO, THREE), created_at=WRITTEN).verdicts.keys() == {"E2"}


@pytest.mark.parametrize(
    "report", [head("ANOTHER"), head(status=group("RJCT", "DU01")), "<GrpHdr/>", head(status=group("NEWS", ""))]
)
def test_an_answer_that_cannot_be_believed_leaves_everything_unknown(report: str) -> None:
    with pytest.raises(UnknownOutcome):
        answered_with(report).submit_many((ONE, TWO), created_at=WRITTEN)
