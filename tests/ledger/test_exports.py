"""Statements as files, compared with golden ones. To renew them: GOLDEN=write, and read the difference."""

import csv
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from ledger.commands import Line, reverse
from ledger.errors import StatementTooLong, UnknownAccount
from ledger.exports import pdf_file
from ledger.exports.content import statement_content
from ledger.exports.csv_file import encoded, statement_csv, text
from ledger.exports.pdf_file import statement_pdf
from ledger.queries import TimeBasis, statement
from tests.ledger.house import ACME, FEES, HOT, book, deposit
from tests.ledger.past import rebook

pytestmark = pytest.mark.usefixtures("house")
GOLDEN = Path(__file__).parent / "golden"
JUNE, JULY = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
GENERATED = datetime(2026, 7, 2, 8, 30, tzinfo=UTC)
# What a client could have written into a description.
NASTY = '=HYPERLINK("x"), "quoted"\r\nand #panic() on *two* lines'


@pytest.fixture(autouse=True)
def _june(house: None) -> None:
    at = JUNE + timedelta(days=2)
    deposit("deposit-1", ACME, 1_234_567_890, value_at=JUNE - timedelta(days=3), settled_at=JUNE - timedelta(days=2))
    deposit("deposit-2", ACME, 5_000_000, value_at=at, settled_at=at + timedelta(hours=2), description="Deposit of June")
    book("fee-1", Line.debit(ACME, 30), Line.credit(FEES, 30), value_at=at, description=NASTY)
    reverse(reference_of="fee-1", reference="fee-1:back", reason="charged twice", value_at=at + timedelta(days=1))
    deposit("deposit-3", ACME, 1, value_at=JULY)
    days = {"deposit-1": -3, "deposit-2": 2, "fee-1": 3, "fee-1:back": 4, "deposit-3": 29}
    rebook({reference: JUNE + timedelta(days=day, hours=9) for reference, day in days.items()})


def _as_golden(name: str, written: bytes) -> None:
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(written)
    assert written.decode() == path.read_bytes().decode()


def _csv(code: str = ACME, by: TimeBasis = TimeBasis.BOOKED) -> bytes:
    return b"".join(statement_csv(code, since=JUNE, until=JULY, by=by))


def _pdf(code: str = ACME, by: TimeBasis = TimeBasis.BOOKED) -> bytes:
    return statement_pdf(code, since=JUNE, until=JULY, by=by, generated_at=GENERATED)


@pytest.mark.parametrize("by", TimeBasis)
def test_the_csv_is_as_it_always_was(by: TimeBasis) -> None:
    _as_golden(f"statement_{by}.csv", _csv(by=by))


@pytest.mark.parametrize("by", TimeBasis)
def test_the_pdf_says_what_it_always_said(by: TimeBasis) -> None:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(_pdf(by=by))).pages]
    _as_golden(f"statement_{by}.txt", "\f".join(pages).encode())


def test_the_canonical_content_is_as_it_always_was() -> None:
    content = statement_content(statement(ACME, since=JUNE, until=JULY))
    _as_golden("statement.json", content.data)


def test_the_csv_adds_up_and_reads_back_what_was_booked() -> None:
    lines = list(csv.DictReader(io.StringIO(_csv().decode(), newline="")))
    assert [line["line"] for line in lines] == ["opening", "1", "2", "3", "4", "closing"]
    assert lines[2]["description"] == f"'{NASTY}"
    assert (lines[0]["balance"], lines[-1]["balance"]) == ("1234.567890", "1239.567891")
    assert (lines[-1]["debit"], lines[-1]["credit"]) == ("0.000030", "5.000031")


def test_the_same_pdf_twice_is_the_same_bytes_and_later_only_its_time_differs() -> None:
    assert _pdf() == _pdf()
    later = statement_pdf(ACME, since=JUNE, until=JULY, generated_at=GENERATED + timedelta(days=1))
    content = statement_content(statement(ACME, since=JUNE, until=JULY)).sha256
    for made in (_pdf(), later):
        assert content in PdfReader(io.BytesIO(made)).pages[0].extract_text()


def test_a_long_statement_has_numbered_pages_and_a_very_long_one_is_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        deposit(f"more-{number}", ACME, 1)
    now = datetime.now(UTC) + timedelta(minutes=1)
    pages = PdfReader(io.BytesIO(statement_pdf(ACME, since=JULY, until=now, generated_at=now))).pages
    assert [f"Page {number} of 3" in page.extract_text() for number, page in enumerate(pages, start=1)] == [True] * 3
    monkeypatch.setattr(pdf_file, "MOST_ROWS", 59)
    with pytest.raises(StatementTooLong):
        statement_pdf(ACME, since=JULY, until=now, generated_at=now)


def test_an_empty_interval_says_so() -> None:
    until = JUNE + timedelta(hours=1)
    made = statement_pdf(HOT, since=JUNE, until=until, generated_at=GENERATED)
    assert "No entries in this interval." in PdfReader(io.BytesIO(made)).pages[0].extract_text()
    with pytest.raises(UnknownAccount):
        next(statement_csv("nobody", since=JUNE, until=until))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@now", "\tx", "\rx", "\nx"])
def test_no_cell_of_text_is_a_formula(cell: str) -> None:
    assert text(cell) == f"'{cell}"
    assert text(f"x{cell}") == f"x{cell}"


def test_lines_end_and_quote_as_the_standard_says() -> None:
    assert b"".join(encoded([("a", 'b"c'), ("d,e", "f\ng")])) == b'a,"b""c"\r\n"d,e","f\ng"\r\n'
