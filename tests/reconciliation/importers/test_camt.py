"""How a camt statement is understood, one oddity at a time."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from reconciliation.importers import camt
from reconciliation.importers.base import ParsedLine, ParsedStatement, Refused
from tests.reconciliation.statement_files import balance, document, entry, statement, transaction


def read(*entries: str, opening: str = "100.00", closing: str = "", extra: str = "") -> ParsedStatement:
    return camt.read(document(statement(entries, opening=opening, closing=closing, extra=extra))).statements[0]


def read_line(text: str) -> ParsedLine:
    (line,) = read(text).lines
    return line


@pytest.mark.parametrize("version", [f"{number:02d}" for number in range(2, 14)])
def test_every_version_in_use_is_read(version: str) -> None:
    parsed = camt.read(document(statement([entry()]), namespace=f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"))
    assert parsed.message == f"camt.053.001.{version}"
    assert len(parsed.statements[0].lines) == 1


def test_a_version_from_the_future_is_refused() -> None:
    with pytest.raises(Refused, match="newer than the versions read here"):
        camt.read(document(statement([entry()]), namespace="urn:iso:std:iso:20022:tech:xsd:camt.053.001.14"))


def test_no_namespace_is_read_by_its_elements() -> None:
    assert camt.read(document(statement([entry()]), namespace="")).message == "no namespace"


@pytest.mark.parametrize(
    ("body", "message", "tag", "said"),
    [
        ("BkToCstmrAcctRpt", "camt.052.001.08", "Rpt", "intraday report"),
        ("BkToCstmrDbtCdtNtfctn", "camt.054.001.08", "Ntfctn", "notice"),
    ],
)
def test_a_report_or_a_notice_is_read_but_is_no_evidence(body: str, message: str, tag: str, said: str) -> None:
    text = statement([entry()]).replace("Stmt>", f"{tag}>")
    parsed = camt.read(document(text, namespace=f"urn:iso:std:iso:20022:tech:xsd:{message}", body=body))
    assert len(parsed.statements[0].lines) == 1
    assert said in parsed.not_evidence


@pytest.mark.parametrize(
    ("opening", "closing", "expected"),
    [("100.00", "110.00", True), ("100.00", "110.01", False), ("100.00", "", None), ("", "110.00", None)],
)
def test_balances_add_up_or_do_not_or_cannot_be_asked(opening: str, closing: str, expected: bool | None) -> None:
    assert read(entry("10.00"), opening=opening, closing=closing).balances_add_up is expected


def test_the_previous_closing_stands_in_for_a_missing_opening() -> None:
    assert read(entry("10.00"), opening="", closing="15.00", extra=balance("PRCD", "5.00")).balances_add_up is True


def test_a_balance_without_an_indicator_is_a_credit() -> None:
    parsed = read(opening="", extra=balance("OPBD", "5.00", direction="") + balance("CLBD", "5.00", direction=""))
    assert parsed.balances_add_up is True


def test_sums_are_exact_however_many_digits_an_amount_has() -> None:
    big = "100000000000000000000000.01"
    parsed = read(entry(big), opening="0.00000000000000000001", closing="100000000000000000000000.01000000000000000001")
    assert parsed.balances_add_up is True


def test_pending_and_informative_entries_do_not_count() -> None:
    entries = [entry("10.00"), entry("20.00", status="<Sts>PDNG</Sts>"), entry("30.00", status="<Sts><Cd>INFO</Cd></Sts>")]
    parsed = read(*entries, closing="110.00")
    assert parsed.balances_add_up is True
    assert [line.amount for line in parsed.booked_lines] == [Decimal("10.00")]


def test_an_entry_without_a_status_is_booked_as_the_statement_says() -> None:
    assert read_line(entry(status="")).booked


def test_a_reversal_keeps_the_direction_it_is_booked_with() -> None:
    line = read_line(entry(direction="DBIT", status="<RvslInd>true</RvslInd><Sts>BOOK</Sts>"))
    assert (line.direction, line.reversal, line.signed) == ("debit", True, Decimal("-10.00"))


def test_all_references_are_kept_and_placeholders_are_not() -> None:
    refs = (
        "<MsgId>m</MsgId><AcctSvcrRef>own</AcctSvcrRef><PmtInfId>p</PmtInfId><InstrId>i</InstrId><EndToEndId>e</EndToEndId>"
        "<UETR>u</UETR><TxId>t</TxId>"
    )
    line = read_line(entry(references="<NtryRef>n</NtryRef><AcctSvcrRef>a</AcctSvcrRef>", details=transaction(refs=refs)))
    assert line.references == {
        "entry_reference": "n",
        "bank_reference": "own",
        "message_id": "m",
        "payment_information_id": "p",
        "instruction_id": "i",
        "end_to_end_id": "e",
        "uetr": "u",
        "transaction_id": "t",
    }
    assert read_line(entry(details=transaction(refs="<EndToEndId>NOTPROVIDED</EndToEndId>"))).references == {}


PARTIES = (
    "<RltdPties><Dbtr><Pty><Nm>Payer</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>DE1</IBAN></Id></DbtrAcct>"
    "<Cdtr><Nm>Payee</Nm></Cdtr><CdtrAcct><Id><Othr><Id>4711</Id></Othr></Id></CdtrAcct></RltdPties>"
)


@pytest.mark.parametrize(("direction", "name", "account"), [("CRDT", "Payer", "DE1"), ("DBIT", "Payee", "4711")])
def test_the_counterparty_is_who_is_on_the_other_side(direction: str, name: str, account: str) -> None:
    line = read_line(entry(direction=direction, details=transaction(parties=PARTIES, remittance="invoice 7")))
    assert (line.counterparty, line.references["counterparty_account"], line.text) == (name, account, "invoice 7")


def test_the_dates_are_those_of_the_entry_or_else_of_the_statement() -> None:
    line = read_line(entry())
    assert (line.booked_at, line.value_date) == (datetime(2026, 10, 1, tzinfo=UTC), date(2026, 10, 2))
    assert read_line(entry(dates="<ValDt><Dt>2026-10-03</Dt></ValDt>")).booked_at == datetime(2026, 10, 3, tzinfo=UTC)
    assert read_line(entry(dates="")).booked_at == datetime(2026, 10, 1, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-10-01T23:30:00.0+02:00", datetime(2026, 10, 1, 21, 30, tzinfo=UTC)),
        ("2026-10-01T24:00:00Z", datetime(2026, 10, 2, tzinfo=UTC)),
        ("2026-10-01T08:00:00", datetime(2026, 10, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_booking_time_is_an_instant(written: str, instant: datetime) -> None:
    assert read_line(entry(dates=f"<BookgDt><DtTm>{written}</DtTm></BookgDt>")).booked_at == instant


def test_a_collective_entry_that_its_parts_make_up_is_matched_by_parts() -> None:
    parts = transaction("15.00", refs="<EndToEndId>A</EndToEndId>") + transaction(
        "5.00", direction="DBIT", refs="<EndToEndId>B</EndToEndId>"
    )
    line = read_line(entry("10.00", references="<AcctSvcrRef>batch</AcctSvcrRef>", details=parts))
    assert [(part.signed, part.references["end_to_end_id"]) for part in line.movements()] == [
        (Decimal("15.00"), "A"),
        (Decimal("-5.00"), "B"),
    ]
    assert {part.references["bank_reference"] for part in line.movements()} == {"batch"}
    assert line.flags == ()


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (transaction("4.00") + transaction("5.99"), "details_differ"),
        (transaction("5.00") + transaction("5.00", currency="USD"), "details_differ"),
        (transaction("5.00") + transaction(), "details_without_amount"),
    ],
)
def test_a_collective_entry_that_its_parts_do_not_make_up_stays_one_and_is_flagged(parts: str, kind: str) -> None:
    line = read_line(entry("10.00", details=parts))
    assert line.movements() == (line,)
    assert [flag.kind for flag in line.flags] == [kind]


def test_a_single_transaction_describes_its_entry_whatever_amount_it_names() -> None:
    line = read_line(entry("10.00", details=transaction("11.50", currency="USD", refs="<EndToEndId>A</EndToEndId>")))
    assert (line.amount, line.references["end_to_end_id"], line.flags) == (Decimal("10.00"), "A", ())


@pytest.mark.parametrize(
    ("currency", "amount", "kind"),
    [
        ("JPY", "100.50", "illegal_decimals"),
        ("EUR", "1.005", "illegal_decimals"),
        ("ZZZ", "1.00", "unknown_currency"),
        ("XAU", "1", "unknown_currency"),
    ],
)
def test_an_amount_no_account_can_hold_is_flagged(currency: str, amount: str, kind: str) -> None:
    assert [flag.kind for flag in read_line(entry(amount, currency=currency)).flags] == [kind]


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "100.00"), ("EUR", "8.850"), ("KWD", "1.005"), ("EUR", "0")])
def test_zeros_beyond_the_decimals_of_a_currency_change_nothing(currency: str, amount: str) -> None:
    assert read_line(entry(amount, currency=currency)).flags == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (entry("ten"), "'ten' is not an amount"),
        (entry("-1.00"), "'-1.00' is not an amount"),
        (entry(""), "'' is not an amount"),
        (entry("1e3"), "is not an amount"),
        (entry("١٢"), "is not an amount"),
        (entry("9" * 30), "is not an amount"),
        (entry(currency=""), "has no currency"),
        (entry(currency="euro"), "has no currency"),
        (entry(direction="DEBIT"), "neither CRDT nor DBIT"),
        (entry(direction=""), "Ntry has no CdtDbtInd"),
        (entry(dates="<BookgDt><Dt>2026-02-30</Dt></BookgDt>"), "is not a date"),
        (entry(dates="<BookgDt><DtTm>0001-01-01T00:00:00+14:00</DtTm></BookgDt>"), "is not a date"),
        (entry(dates="<ValDt><Dt>1 Oct 2026</Dt></ValDt>"), "is not a date"),
        ("<Ntry><CdtDbtInd>CRDT</CdtDbtInd></Ntry>", "Ntry has no Amt"),
    ],
)
def test_an_entry_that_makes_no_sense_refuses_the_whole_file_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refusal:
        camt.read(document(statement([entry(), "\n" * 5 + text])))
    assert refusal.value.line == 8
    assert refusal.value.message == "camt.053.001.08"


@pytest.mark.parametrize(
    "content",
    [
        document(),
        document(body="CstmrCdtTrfInitn"),
        document(statement().replace("<Id>S1</Id>", "")),
        document(statement().replace("<IBAN>DE89370400440532013000</IBAN>", "")),
        b"<html><body>Your session has expired</body></html>",
    ],
)
def test_a_document_without_a_usable_statement_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        camt.read(content)
