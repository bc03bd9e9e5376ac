"""What was read, as plain JSON: the shape that `import_statement --json` prints and that is stored with the file."""

from collections.abc import Iterable
from typing import Any

from reconciliation.errors import Refused
from reconciliation.importers import exact
from reconciliation.importers.base import CREDIT, DEBIT, Balance, ParsedFile, ParsedLine, ParsedStatement


def facts(parsed: ParsedFile) -> dict[str, Any]:
    """Totals cover every entry, booked or not; amounts are decimal strings with the digits of the file."""
    lines = [line for statement in parsed.statements for line in statement.lines]
    return {
        "message": parsed.message,
        "statement_count": len(parsed.statements),
        "entry_count": len(lines),
        "total_credits": _totals(lines, CREDIT),
        "total_debits": _totals(lines, DEBIT),
        "statements": [_statement(statement) for statement in parsed.statements],
        "schema": _schema(parsed),
        "refused": None,
    }


def facts_of_refusal(refusal: Refused) -> dict[str, Any]:
    """The same shape for a file of which nothing was taken."""
    nothing: dict[str, Any] = {"message": refusal.message or None, "statement_count": 0, "entry_count": 0}
    nothing |= {"total_credits": {}, "total_debits": {}, "statements": [], "schema": None}
    return nothing | {"refused": {"line": refusal.line, "reason": refusal.reason}}


def _schema(parsed: ParsedFile) -> dict[str, Any] | None:
    """None where no schema is at hand: the file was read by what it holds alone."""
    found = parsed.schema
    if not found.compared_with:
        return None
    deviations = [{"line": line, "element": element, "rule": rule} for line, element, rule in found.deviations]
    return {"compared_with": found.compared_with, "deviations": deviations, "more": found.more}


def _statement(statement: ParsedStatement) -> dict[str, Any]:
    flags = [*statement.flags, *(flag for line in statement.lines for flag in line.flags)]
    return {
        "id": statement.identification,
        "account": statement.account,
        "currency": statement.currency,
        "entries": len(statement.lines),
        "booked_entries": sum(1 for _ in statement.booked_lines),
        "opening": _amount(statement.opening),
        "closing": _amount(statement.closing),
        "balances_add_up": statement.balances_add_up,
        "flags": [{"line": flag.line, "kind": flag.kind, "text": flag.text} for flag in flags],
    }


def _amount(balance: Balance | None) -> str | None:
    return None if balance is None else f"{balance.amount:f}"


def _totals(lines: Iterable[ParsedLine], direction: str) -> dict[str, str]:
    """Every currency that occurs has a total on both sides."""
    listed = list(lines)
    sums = {}
    for currency in dict.fromkeys(line.currency for line in listed):
        wanted = (line.amount for line in listed if (line.currency, line.direction) == (currency, direction))
        sums[currency] = f"{exact.total(wanted):f}"
    return sums
