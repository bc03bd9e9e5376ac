"""Reading much without being in anybody's way: one snapshot, nothing locked, and an end to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

_CHUNK = 2_000


@contextmanager
def one_snapshot(*, timeout_s: int = 60, work_mem: str = "64MB") -> Iterator[None]:
    """Everything read inside is of one moment, by a transaction that can write nothing and waits for nobody's postings.

    `timeout_s` bounds each statement, `work_mem` what it may sort in memory. Inside an open transaction that one's rules hold.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true), set_config('work_mem', %s, true)", [f"{timeout_s}s", work_mem]
            )
        yield


@contextmanager
def patiently(*, timeout_s: int) -> Iterator[None]:
    """One transaction whose statements, and the locks they wait for, may take so long, whatever the process usually allows."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            limit = f"{timeout_s}s"
            cursor.execute("SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)", [limit, limit])
        yield


def stream(sql: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of one statement by column name, fetched some at a time. Takes an open transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        names: list[str] = []
        while rows := cursor.fetchmany(_CHUNK):
            names = names or [column.name for column in cursor.description]
            for row in rows:
                yield dict(zip(names, row, strict=True))
