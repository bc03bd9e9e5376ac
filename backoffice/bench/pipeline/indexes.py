"""Indexes are built once when the rows are there, instead of row by row while they come."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

# Those of constraints stay: they are what keeps a loaded past from saying something twice.
_PLAIN = """
    SELECT i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') FROM pg_index AS i
     WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisprimary
       AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
"""


@contextmanager
def without_indexes(tables: Sequence[str]) -> Iterator[None]:
    """Inside the block these tables have only the indexes of their constraints; afterwards all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN, [list(tables)])
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _, made in found:
            cursor.execute(made)
        cursor.execute("RESET maintenance_work_mem")
