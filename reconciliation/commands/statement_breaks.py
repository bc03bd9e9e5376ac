"""What is wrong with a statement itself, as breaks: each names the statement, so that reading it twice opens one."""

from collections.abc import Sequence

from reconciliation.commands.breaks import open_break
from reconciliation.importers.base import Flag, ParsedStatement
from reconciliation.importers.currencies import minor_units
from reconciliation.models import Break, Source, Statement

_SHOWN = 5


def open_statement_breaks(source: Source, row: Statement, statement: ParsedStatement) -> list[Break]:
    """Breaks for balances that do not add up, entries that cannot be booked, and entries in a foreign currency."""
    opened = [_balance_break(source, row, statement)] if statement.balances_add_up is False else []
    line_flags = [flag for line in statement.booked_lines for part in line.movements() for flag in part.flags]
    unbookable = [flag for flag in line_flags if flag.kind in ("illegal_decimals", "unknown_currency")]
    if unbookable:
        title = f"Entries of statement {row.identification} cannot be booked"
        opened.append(_flag_break(source, row, unbookable, type=Break.Type.AMOUNT, severity=Break.Severity.HIGH, title=title))
    if statement.flags:
        title = f"Entries of statement {row.identification} are not in the account's currency"
        opened.append(
            _flag_break(source, row, statement.flags, type=Break.Type.BALANCE, severity=Break.Severity.MEDIUM, title=title)
        )
    return opened


def _subject(source: Source, row: Statement, what: str) -> str:
    return f"statement:{source.code}:{row.file.sha256}:{row.ordinal}:{what}"


def _balance_break(source: Source, row: Statement, statement: ParsedStatement) -> Break:
    expected, closing = statement.expected_closing, statement.closing
    written = closing.amount if closing is not None else expected
    return open_break(
        type=Break.Type.BALANCE,
        severity=Break.Severity.HIGH,
        source=source,
        subject_key=_subject(source, row, "balance"),
        title=f"Statement {row.identification} does not add up",
        explanation=f"Opening balance and booked entries give {expected:f} {row.currency}; the statement closes with {written:f}.",
        currency=row.currency,
        expected=minor_units(expected, row.currency),
        actual=minor_units(written, row.currency),
        statement=row,
    )


def _flag_break(source: Source, row: Statement, flags: Sequence[Flag], *, type: str, severity: str, title: str) -> Break:
    told = "; ".join(f"line {flag.line}: {flag.text}" for flag in flags[:_SHOWN])
    rest = f"; and {len(flags) - _SHOWN} more" if len(flags) > _SHOWN else ""
    return open_break(
        type=type,
        severity=severity,
        source=source,
        subject_key=_subject(source, row, flags[0].kind),
        title=title,
        explanation=f"{told}{rest}.",
        currency=row.currency,
        expected=None,
        actual=None,
        statement=row,
    )
