"""Loading rows that were all accepted once: without triggers and foreign keys, which come back exactly as they were, and without
waiting for the disk at every commit.

An owner may do this; putting triggers aside for a whole session would take a superuser.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_TRIGGERS = """
    SELECT format('ALTER TABLE ONLY %s', tgrelid::regclass), quote_ident(tgname),
           CASE tgenabled WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END
      FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid
     WHERE NOT tgisinternal AND tgenabled IN ('A', 'O') AND relnamespace = 'public'::regnamespace
"""
# Of a partitioned table the parent's stands for all. What was loaded needs no checking; what comes later is checked as ever.
_KEYS = """
    SELECT format('ALTER TABLE %s', conrelid::regclass), quote_ident(conname),
           replace(pg_get_constraintdef(oid), ' NOT VALID', '') || ' NOT VALID'
      FROM pg_constraint
     WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace
"""
# Compiling pays for itself in no statement of a load; big sorts and indexes want memory.
_FOR_LOADING = {"synchronous_commit": "off", "jit": "off", "work_mem": "'256MB'", "maintenance_work_mem": "'512MB'"}


@contextmanager
def guards_off() -> Iterator[None]:
    triggers, keys = _found(_TRIGGERS), _found(_KEYS)
    _run(f"SET {name} = {value}" for name, value in _FOR_LOADING.items())
    _run(f"{table} DISABLE TRIGGER {name}" for table, name, _ in triggers)
    _run(f"{table} DROP CONSTRAINT {name}" for table, name, _ in keys)
    yield
    _run(f"{table} ADD CONSTRAINT {name} {definition}" for table, name, definition in keys)
    _run(f"{table} {enable} TRIGGER {name}" for table, name, enable in triggers)
    _run(f"RESET {name}" for name in _FOR_LOADING)


def _found(statement: str) -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows: list[tuple[str, str, str]] = cursor.fetchall()
    return rows


def _run(statements: Iterator[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
