"""Upkeep that every floor with monthly partitions needs: partitions for the months ahead, with their guards.

A floor registers the database function that does it; `prepare()` calls them all. It runs after every migrate, by `manage.py
ensure_partitions`, and regularly in production, where a month without its partition would fall into the default one.
"""

from typing import Any

from django.db import connection

_functions: list[str] = []


def register(function: str) -> None:
    """`function` is the name of a database function without arguments that returns how many partitions it made."""
    if function not in _functions:
        _functions.append(function)


def prepare() -> dict[str, int]:
    """Make what is missing; returns the number of new partitions per function. Repeating it changes nothing."""
    made = {}
    with connection.cursor() as cursor:
        for function in _functions:
            cursor.execute("SELECT to_regproc(%s) IS NOT NULL", [function])
            # Absent while migrations run backwards or only in part.
            if not _single(cursor):
                continue
            cursor.execute(f"SELECT {connection.ops.quote_name(function)}()")
            made[function] = int(_single(cursor))
    return made


def begin_epoch_if_moved() -> int | None:
    """The cluster epoch in force, a new one when the database was restored elsewhere. None before the trail exists."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('audit_ensure_epoch') IS NOT NULL")
        if not _single(cursor):
            return None
        cursor.execute("SELECT audit_ensure_epoch()")
        return int(_single(cursor))


def after_migrate(**_: object) -> None:
    """Receiver of post_migrate: whoever migrates has just started, moved or restored this database."""
    begin_epoch_if_moved()
    prepare()


def _single(cursor: Any) -> Any:
    return cursor.fetchone()[0]
