"""Which months of a table are attached, archived or dropped."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from audit.archive.registry import ArchivedTable

_ATTACHED = r"""
    SELECT to_date(substring(child.relname FROM '_y(\d{4}m\d{2})$'), 'YYYY"m"MM') AS month
      FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent = %s::regclass AND child.relname ~ '_y\d{4}m\d{2}$' ORDER BY 1
"""
_ARCHIVED = """
    SELECT source, month, action, rows, encode(sha256, 'hex'), file, done_at, done_by FROM audit_archived_month
     WHERE source = %s ORDER BY month
"""


@dataclass(frozen=True, slots=True)
class ArchivedMonth:
    """How a month that was ever archived stands: `archived` (its rows are in schema archive), `dropped` (in the file alone) or
    `attached` again. `sha256` is of its rows, in hexadecimal."""

    source: str
    month: date
    action: str
    rows: int
    sha256: str
    file: str
    done_at: datetime
    done_by: str

    @property
    def is_away(self) -> bool:
        return self.action != "attached"


def attached_months(table: ArchivedTable) -> list[date]:
    """Months that have a partition, the oldest first."""
    return [month for (month,) in _rows(_ATTACHED, [table.name])]


def archived_months(table: ArchivedTable) -> list[ArchivedMonth]:
    """Months that were ever archived, the oldest first."""
    return [ArchivedMonth(*row) for row in _rows(_ARCHIVED, [table.name])]


def archived_month(table: ArchivedTable, month: date) -> ArchivedMonth | None:
    return next((found for found in archived_months(table) if found.month == month), None)


def archived_until(source: str) -> datetime | None:
    """Rows of `source` from before this moment are not attached; None when all are."""
    found: datetime | None = _rows("SELECT audit_archived_until(%s)", [source])[0][0]
    return found


def begins(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def ends(month: date) -> datetime:
    """When the month after it begins."""
    return (begins(month) + timedelta(days=32)).replace(day=1)


def partition_name(table: ArchivedTable, month: date) -> str:
    return f"{table.name}_{month:y%Ym%m}"


def _rows(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
