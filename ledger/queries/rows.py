"""Rows of a view or function as dictionaries."""

from datetime import datetime
from typing import Any

from django.db import connection


def select(sql: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Run one read-only statement and return its rows by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or {})
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def database_now() -> datetime:
    """The database's clock, which books."""
    moment: datetime = select("SELECT clock_timestamp() AS now")[0]["now"]
    return moment
