"""A statement as PDF, set by typst from the template beside this file.

The data goes in as JSON, never as markup: whatever a description holds, it is only ever shown. The same statement generated at the
same moment gives the same bytes. Its foot names the SHA-256 of the canonical content, by which a printed page can be held against
the books.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst

from ledger.errors import StatementTooLong
from ledger.exports.content import statement_content
from ledger.models import Account
from ledger.money import Money
from ledger.queries import Statement, StatementRow, TimeBasis, statement_page
from ledger.queries.statements import statement

CONTENT_TYPE = "application/pdf"
MOST_ROWS = 2_000
_TEMPLATE = Path(__file__).with_name("statement.typ")
_HOUSE = "Countersign"
_BASIS = {
    TimeBasis.BOOKED: ("Booked", "by booking time: when it entered the books"),
    TimeBasis.VALUE: ("Value", "by value time: when it counts"),
    TimeBasis.SETTLED: ("Settled", "by settlement time: confirmed from outside; what was never confirmed is left out"),
}


def statement_pdf(
    account_code: str, *, since: datetime, until: datetime, generated_at: datetime, by: TimeBasis = TimeBasis.BOOKED
) -> bytes:
    """The file. `generated_at` stands in its foot and is its creation date. Raises UnknownAccount, and StatementTooLong beyond
    MOST_ROWS: such a file is for machines, as CSV."""
    entries = statement_page(account_code, since=since, until=until, by=by, limit=1).entries
    if entries > MOST_ROWS:
        raise StatementTooLong(entries, MOST_ROWS)
    found = statement(account_code, since=since, until=until, by=by)
    name = Account.objects.values_list("name", flat=True).get(code=account_code)
    return _set(_told(found, name, generated_at), generated_at)


def _set(told: dict[str, Any], generated_at: datetime) -> bytes:
    # Only the fonts of the wheel: what a machine has installed must not change the page.
    compiler = typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, ignore_system_fonts=True)
    made = compiler.compile(format="pdf", sys_inputs={"statement": json.dumps(told)}, timestamp=int(generated_at.timestamp()))
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


def _told(found: Statement, name: str, generated_at: datetime) -> dict[str, Any]:
    column, words = _BASIS[found.by]
    return {
        "house": _HOUSE,
        "title": "Account statement",
        "account_name": name,
        "facts": [
            {"name": "Account", "value": found.account_code, "mono": True},
            {"name": "Asset", "value": found.asset.id, "mono": False},
            {"name": "From", "value": f"{_time(found.since)} (included)", "mono": False},
            {"name": "Until", "value": f"{_time(found.until)} (not included)", "mono": False},
            {"name": "Ordered", "value": words, "mono": False},
            {"name": "Entries", "value": str(found.entries), "mono": False},
        ],
        "time_column": f"{column} (UTC)",
        "opening": _amount(found.opening, found),
        "closing": _amount(found.closing, found),
        "debits": _amount(found.debits, found),
        "credits": _amount(found.credits, found),
        "rows": [_row(row, found) for row in found.rows],
        "generated_at": _time(generated_at),
        "sha256": statement_content(found).sha256,
    }


def _row(row: StatementRow, found: Statement) -> dict[str, str]:
    at: datetime = getattr(row, found.by.value)
    return {
        "time": at.astimezone(UTC).strftime("%Y-%m-%d %H:%M"),
        "what": row.description or row.kind,
        "reference": f"{row.reference}, reverses {row.reverses}" if row.reverses else row.reference,
        "debit": _amount(row.debit, found) if row.debit else "",
        "credit": _amount(row.credit, found) if row.credit else "",
        "balance": _amount(row.balance, found),
    }


def _amount(minor: int, found: Statement) -> str:
    return Money(minor, found.asset).format()


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
