"""Indexes are built once when the rows are there, instead of row by row while they come; those of constraints say then whether a
loaded past says something twice. What keys lead to them has to be away already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

_CONSTRAINTS = """
    SELECT format('ALTER TABLE %%s', conrelid::regclass), quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
     WHERE conrelid = ANY (%s::regclass[]) AND contype IN ('p', 'u', 'x') AND conparentid = 0
     ORDER BY contype <> 'p'
"""
_PLAIN = """
    SELECT i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') FROM pg_index AS i
     WHERE i.indrelid = ANY (%s::regclass[]) AND NOT i.indisprimary
       AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)
"""


@contextmanager
def without_indexes(tables: Sequence[str]) -> Iterator[None]:
    """Inside the block these tables have none at all; afterwards all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_CONSTRAINTS, [list(tables)])
        constraints = cursor.fetchall()
        cursor.execute(_PLAIN, [list(tables)])
        indexes = cursor.fetchall()
        for table, name, _ in constraints:
            cursor.execute(f"{table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for table, name, definition in constraints:
            cursor.execute(f"{table} ADD CONSTRAINT {name} {definition}")
        for _, made in indexes:
            cursor.execute(made)
