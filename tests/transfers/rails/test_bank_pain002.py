"""Status reports: what real banks write, and what must not be believed."""

import json
from pathlib import Path

import pytest

from transfers.rails.bank import pain002
from transfers.rails.bank.xml import Unreadable

DATA = Path(__file__).parents[4] / "shared" / "data"
REAL = [
    "iso20022js_cross_river_pain_002_credit_accepted.xml",
    "iso20022js_goldman_sachs_pain_002_v3_accepted.xml",
    "iso20022js_goldman_sachs_pain_002_v3_group_accepted.xml",
    "iso20022js_goldman_sachs_pain_002_v3_payment_accepted.xml",
    "iso20022js_nordea_pain_002_v3_txn_reject.xml",
    "moov_pain002-epo_p_0_0_0_2018031510491259.xml",
    "moov_pain002-epo_p_0_0_0_2018032614401842.xml",
    "moov_pain002-epo_p_ch2909000000250094239_1109800799_0_2018032612092784.xml",
    "moov_pain002-epo_p_ch5109000000250092291_1110097605_0_2018031511252307.xml",
    "hbci4java_test-pain-parse-0020110-03.xml",
]
real_files = pytest.mark.skipif(not DATA.is_dir(), reason="the shared corpus is not beside this checkout")

REPORT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>R1</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>{payments}
</CstmrPmtStsRpt></Document>"""


def report(group: str = "", payments: str = "") -> pain002.StatusReport:
    return pain002.read(REPORT.format(group=group, payments=payments).encode())


def payment(status: str = "", transactions: str = "") -> str:
    stated = f"<PmtInfSts>{status}</PmtInfSts>" if status else ""
    return f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>P1</OrgnlPmtInfId>{stated}{transactions}</OrgnlPmtInfAndSts>"


def transaction(end_to_end_id: str, status: str) -> str:
    return f"<TxInfAndSts><OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId><TxSts>{status}</TxSts></TxInfAndSts>"


@real_files
@pytest.mark.parametrize("name", REAL)
def test_real_reports_are_read_as_they_are(name: str) -> None:
    facts = json.loads((DATA / "facts.json").read_text())["files"][f"pain/{name}"]
    read = pain002.read((DATA / "pain" / name).read_bytes())
    assert [read.group.status] * bool(read.group) == facts["group_status"] if read.group else facts["group_status"] == []
    assert [one.verdict.status for one in read.payments if one.verdict] == facts["payment_status"]
    assert [one.verdict.status for two in read.payments for one in two.transactions if one.verdict] == facts["tx_status"]


@real_files
def test_a_real_rejection_keeps_code_and_words() -> None:
    read = pain002.read((DATA / "pain" / REAL[7]).read_bytes())
    verdict, _ = read.verdict_on("EndToEndId-006-01-01")
    assert (verdict.status, verdict.reason) == ("RJCT", "AC01: 1301813;Konto ungültig")


def test_the_most_specific_verdict_counts() -> None:
    read = report("<GrpSts>ACTC</GrpSts>", payment("ACTC", transaction("E1", "RJCT") + transaction("E2", "ACSC")))
    assert read.verdict_on("E1")[0].status == "RJCT"
    assert read.verdict_on("E2")[0].status == "ACSC"


def test_a_verdict_on_the_whole_message_is_one_on_its_only_payment() -> None:
    assert report("<GrpSts>RJCT</GrpSts>").verdict_on("E1")[0].status == "RJCT"
    assert report("<GrpSts>ACTC</GrpSts>", payment("ACSP")).verdict_on("E1")[0].status == "ACSP"


@pytest.mark.parametrize(
    ("group", "payments"),
    [
        ("", ""),
        ("<GrpSts>PART</GrpSts>", ""),
        ("", payment("PART")),
        ("<GrpSts>RJCT</GrpSts>", payment("", transaction("E2", "RJCT"))),
    ],
)
def test_a_report_that_leaves_it_open_settles_nothing(group: str, payments: str) -> None:
    with pytest.raises(Unreadable, match="says nothing about E1"):
        report(group, payments).verdict_on("E1")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"HTTP 200 but not XML",
        b"<html><body>maintenance</body></html>",
        REPORT.format(group="<GrpSts>DONE</GrpSts>", payments="").encode(),
        REPORT.format(group="", payments="").encode().replace(b"<OrgnlMsgId>M1</OrgnlMsgId>", b""),
        REPORT.format(group="", payments="").encode().replace(b"pain.002", b"pain.008"),
        b'<!DOCTYPE x [<!ENTITY a "ACSC">]>' + REPORT.format(group="<GrpSts>&a;</GrpSts>", payments="").encode(),
    ],
)
def test_anything_else_is_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        pain002.read(content)


@real_files
def test_a_payment_order_is_no_status_report() -> None:
    for path in sorted((DATA / "pain").glob("*pain.001*.xml")):
        with pytest.raises(Unreadable):
            pain002.read(path.read_bytes())
