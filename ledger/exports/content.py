"""A statement as canonical bytes (RFC 8785): the same entries make the same bytes, whenever and wherever they are written down.

Amounts are decimal strings of minor units, times RFC 3339 in UTC with microseconds. What may still change is not told: no names.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

from ledger.queries import Statement, StatementRow


@dataclass(frozen=True, slots=True)
class Content:
    """`sha256` is of `data`, in lower-case hexadecimal."""

    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def canonical(value: dict[str, Any]) -> Content:
    return Content(rfc8785.dumps(value))


def moment(at: datetime | None) -> str:
    """`2026-11-20T12:00:00.000000Z`; empty for None."""
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def statement_content(statement: Statement, *, known_at: datetime | None = None) -> Content:
    """The whole statement; `known_at` is part of it when it narrowed what was read."""
    return canonical(
        {
            "format": "countersign-statement/1",
            "account": statement.account_code,
            "asset": statement.asset.id,
            "exponent": statement.asset.exponent,
            "basis": statement.by.value,
            "since": moment(statement.since),
            "until": moment(statement.until),
            "known_at": moment(known_at),
            "opening": str(statement.opening),
            "closing": str(statement.closing),
            "debits": str(statement.debits),
            "credits": str(statement.credits),
            "rows": [_row(row) for row in statement.rows],
        }
    )


def _row(row: StatementRow) -> dict[str, str]:
    return {
        "booked_at": moment(row.booked_at),
        "value_at": moment(row.value_at),
        "settled_at": moment(row.settled_at),
        "reference": row.reference,
        "kind": row.kind,
        "description": row.description,
        "reverses": row.reverses or "",
        "transaction_id": str(row.transaction_id or ""),
        "debit": str(row.debit),
        "credit": str(row.credit),
        "balance": str(row.balance),
    }
