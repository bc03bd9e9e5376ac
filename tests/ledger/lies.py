"""What somebody with the rights of a superuser can do to the books: change anything, and leave every guard in place afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

_GUARDS = """
    SELECT trigger.tgrelid::regclass::text, quote_ident(trigger.tgname)
      FROM pg_trigger AS trigger
     WHERE trigger.tgenabled = 'A' AND trigger.tgrelid IN (
           SELECT wanted::regclass FROM unnest(%s::text[]) AS wanted
           UNION SELECT tree.relid FROM unnest(%s::text[]) AS wanted CROSS JOIN LATERAL pg_partition_tree(wanted::regclass) AS tree)
"""


def lie(*statements: str, about: tuple[str, ...]) -> None:
    """Run the statements, each of which must change something, while nothing guards the tables `about` which they lie."""
    with connection.cursor() as cursor, _unguarded(cursor, list(about)):
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount > 0, statement


@contextmanager
def _unguarded(cursor: Any, tables: list[str]) -> Iterator[None]:
    # What is still to be checked at the commit would keep the tables from being altered.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(_GUARDS, [tables, tables])
    guards = cursor.fetchall()
    for table, name in guards:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
    cursor.execute("SET session_replication_role = replica")
    yield
    cursor.execute("SET session_replication_role = origin")
    for table, name in guards:
        cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
