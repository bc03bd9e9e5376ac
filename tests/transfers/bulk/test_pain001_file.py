"""pain.001 as a file of orders: read exactly, refused where it contradicts itself or asks for what we would not do."""

import pytest

from tests.transfers.bulk.messages import message, payment
from tests.transfers.rails.corpus import path
from transfers.bulk.lines import FileUnreadable
from transfers.bulk.pain001_file import parse
from transfers.bulk.reading import form_of

IBAN = "<Id><IBAN>AT611904300234573201</IBAN></Id>"
IN_EURO = '<EqvtAmt><Amt Ccy="USDC">12.50</Amt><CcyOfTrf>EUR</CcyOfTrf></EqvtAmt>'
ON_CHAIN = "<Nm>Treasury</Nm><Prxy><Tp><Prtry>ethereum</Prtry></Tp><Id>0x52908400098527886E0F7030069857D2E4169EE7</Id></Prxy>"


def test_a_payment_says_what_a_line_of_any_file_says() -> None:
    found = parse(message(payment("globex", "007.50", end_to_end="May 1"), payment(end_to_end="NOTPROVIDED"), control="17.5"))
    first, second = found.lines
    assert (first.number, first.amount, first.source_currency, first.target_currency) == (1, "7.50", "USDC", "USDC")
    assert (first.destination, first.reference) == ({"type": "client_account", "client": "globex"}, "May 1")
    assert (second.reference, found.message_id, str(found.not_before)) == ("", "MSG-1", "2026-01-02")
    assert found.problems == ()


def test_accounts_addresses_and_other_currencies_are_understood() -> None:
    clabe = "<Id><Othr><Id>002010077777777771</Id><SchmeNm><Prtry>CLABE</Prtry></SchmeNm></Othr></Id>"
    payments = [
        payment(money=IN_EURO, account=IBAN, end_to_end="1"),
        payment(account=clabe, end_to_end="2"),
        payment(account=ON_CHAIN, end_to_end="3"),
    ]
    found = parse(message(*payments, debtor="USDC.ethereum", control="32.50"))
    assert [line.destination for line in found.lines] == [
        {"type": "bank_account", "name": "Somebody", "iban": "AT611904300234573201"},
        {"type": "bank_account", "name": "Somebody", "clabe": "002010077777777771"},
        {"type": "crypto_address", "network": "ethereum", "address": "0x52908400098527886E0F7030069857D2E4169EE7"},
    ]
    assert [(line.amount, line.target_currency) for line in found.lines[:1]] == [("12.50", "EUR")]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (message(payment(), count="2"), "NbOfTxs says 2"),
        (message(payment(), count=""), "NbOfTxs says nothing"),
        (message(payment(), control="10.01"), "CtrlSum says 10.01"),
        (message(payment(amount="1e1"), control="10"), "CtrlSum cannot be checked"),
        (message(payment(), message_id=""), "MsgId"),
        (message(payment(), message_id="x" * 36), "MsgId"),
        (message(payment(), day="soon"), "no day"),
        (message(payment(), method="CHK"), "PmtMtd"),
        (message(), "no payment"),
        (message(payment(), namespace="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"), "no pain.001"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + message(payment()).partition(b"\n")[2], "DTD"),
        (b"<Document>", "not XML"),
        (message(payment(end_to_end="x" * 301)), "more than 300"),
    ],
)
def test_what_contradicts_itself_is_refused_whole(content: bytes, words: str) -> None:
    with pytest.raises(FileUnreadable, match=words):
        parse(content)


@pytest.mark.parametrize(
    ("payments", "debtor", "field"),
    [
        ([payment(), payment(end_to_end="E-1")], "USDC", "PmtId/EndToEndId"),
        ([payment(end_to_end="")], "USDC", "PmtId/EndToEndId"),
        ([payment(money='<InstdAmt Ccy="EUR">5.00</InstdAmt>')], "USDC", "Amt"),
        ([payment().replace("<Cdtr>", "<ChrgBr>CRED</ChrgBr><Cdtr>")], "USDC", "ChrgBr"),
    ],
)
def test_what_one_payment_gets_wrong_is_said_of_it(payments: list[str], debtor: str, field: str) -> None:
    (problem,) = parse(message(*payments, debtor=debtor)).problems
    assert (problem.line, problem.field) == (len(payments), field)


@pytest.mark.parametrize(
    ("right", "wrong", "line", "field", "words"),
    [
        ("<Nm>Somebody</Nm>", f"<Nm>{'x' * 141}</Nm>", 2, "PmtInf/CdtTrfTxInf[2]/Cdtr/Nm", "has 141 characters; 140 are allowed"),
        ("<CdtrAcct>", "<RmtInf><Ustrd/></RmtInf><CdtrAcct>", 2, "PmtInf/CdtTrfTxInf[2]/RmtInf/Ustrd", "it needs 1"),
        (
            "<InitgPty><Nm>Acme</Nm></InitgPty>",
            "",
            0,
            "GrpHdr",
            "something is missing in it; expected is CtrlSum, InitgPty",
        ),
        ("2026-01-02T08:00:00Z", "today", 0, "GrpHdr/CreDtTm", "'today' is not a value that it may hold"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused_where_it_stands(
    right: str, wrong: str, line: int, field: str, words: str
) -> None:
    first, second = payment(end_to_end="1"), payment(end_to_end="2")
    whole = message(first, second.replace(right, wrong) if line else second)
    problems = parse(whole if line else whole.replace(right.encode(), wrong.encode())).problems
    assert (problems[0].line, problems[0].field) == (line, field)
    assert problems[0].sentence.startswith("Line 2 of the message: ")
    assert words in problems[0].sentence
    assert "pain.001.001.09" in problems[0].sentence


def test_a_dialect_without_a_schema_here_is_read_for_what_is_used() -> None:
    swiss = "http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd"
    assert parse(message(payment(), namespace=swiss).replace(b"<InitgPty><Nm>Acme</Nm></InitgPty>", b"")).problems == ()


def test_without_a_balance_to_pay_from_nothing_is_paid() -> None:
    assert {problem.field for problem in parse(message(payment(), debtor="")).problems} >= {"DbtrAcct/Id/Othr/Id"}


@pytest.mark.parametrize(
    ("name", "payments", "message_id"),
    [
        ("pain/sepaking_pain.001.001.03.xml", 2, "Message-ID-4711"),
        ("pain/iso20022js_cross_river_pain_001_ach_credit.xml", 1, "DOMT11234562"),
    ],
)
def test_messages_of_real_senders_are_read_and_their_accounts_are_not_ours(name: str, payments: int, message_id: str) -> None:
    content = path(name).read_bytes()
    found = parse(content)
    assert (form_of(content), len(found.lines), found.message_id) == ("pain.001", payments, message_id)
    assert {problem.line for problem in found.problems} - {0} == set(range(1, payments + 1))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pain/bsp_pain.001.001.03.xml", "NbOfTxs says 2, there are 6"),
        ("pain/moov_musterfile_pain.001_Nov2020.xml", "NbOfTxs says 7, there are 8"),
        ("pain/iso20022js_goldman_sachs_pain_001_ach_credit.xml", "CtrlSum says 510.24"),
        ("pain/sepaking_pain.008.002.02.xml", "no pain.001"),
        ("pain/moov_valid_pain_v11.xml", "no pain.001"),
    ],
)
def test_real_messages_that_lie_or_are_something_else_are_refused(name: str, words: str) -> None:
    with pytest.raises(FileUnreadable, match=words):
        parse(path(name).read_bytes())
