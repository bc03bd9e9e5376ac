"""What one transfer writes, from the API to CONFIRMED: row by row and commit by commit, as triggers saw it.

Two transfers of one client are recorded. Names that are in the first one only are its own: ids, references, hashes. Everything else
is the same for every transfer of that client.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

from backoffice.bench.evidence import load_sql
from backoffice.bench.pipeline.house import Application, order
from backoffice.bench.pipeline.shapes import Caller, Column, Recording, Write
from backoffice.bench.report import BenchBroken
from transfers import driver
from transfers.models import Transfer
from transfers.states import Status

_OWN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9A-HJKMNP-TV-Z]{26}\b|(?:\b0x|\\x)[0-9a-f]{64}\b"
)
_CONFIRMED_WITHIN_S = 30.0
_TRIES = 5


def record(app: Application, callers: Sequence[Caller]) -> list[Recording]:
    """A recording for each client. Raises BenchBroken when a transfer does not arrive, or writes what cannot be told again."""
    with _watched():
        return [_steady(app, caller) for caller in callers]


def _steady(app: Application, caller: Caller) -> Recording:
    """Counters are kept by the minute or less: a recording in which one began is made again."""
    for _ in range(_TRIES):
        _forget()
        confirm_one(app, caller)
        _forget()
        confirm_one(app, caller)
        first = list(_writes())
        _forget()
        confirm_one(app, caller)
        names = tuple(sorted(_names(first) - _names(list(_writes()))))
        if all(_names([write]) & set(names) for write in first if write.is_insert):
            return _told(caller.client, names, first)
    raise BenchBroken("what a transfer writes is something else every time")


def confirm_one(app: Application, caller: Caller) -> None:
    """One transfer, all the way, by this process alone. Raises BenchBroken when it does not arrive."""
    wanted = order(app, caller)
    deadline = time.monotonic() + _CONFIRMED_WITHIN_S
    while time.monotonic() < deadline:
        driver.run_due(1)
        found = Transfer.objects.get(pk=wanted)
        if found.status == Status.CONFIRMED:
            return
        time.sleep(0.02)
    raise BenchBroken(f"the transfer is still {found.status}: {found.last_error or found.stopped_by}")


def _told(client: str, names: tuple[str, ...], writes: Sequence[Write]) -> Recording:
    by_commit: dict[int, list[Write]] = {}
    for write in writes:
        if write.depth == 1:
            by_commit.setdefault(write.txid, []).append(write)
    added = tuple(write for write in writes if write.depth > 1)
    return Recording(client, names, tuple(map(tuple, by_commit.values())), added)


def _names(writes: Sequence[Write]) -> set[str]:
    """Everything that looks like a name; of rows that were changed, only what is new in them."""
    found: set[str] = set()
    for write in writes:
        known = set((write.before or {}).values())
        for value in write.after.values():
            if value is not None and value not in known:
                found.update(_OWN.findall(value))
    return found


@contextmanager
def _watched() -> Iterator[None]:
    load_sql("watch")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION bench_watch CASCADE")
        cursor.execute("DROP TABLE bench_write")


def _forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_write")


def _writes() -> Iterator[Write]:
    """In the order in which they were written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT relation::text FROM bench_write")
        tables = [table for (table,) in cursor.fetchall()]
    return iter(sorted((write for table in tables for write in _of_table(table)), key=lambda write: write.seq))


def _of_table(table: str) -> Iterator[Write]:
    columns = columns_of(table)
    parts = ", ".join(f'{side}."{column.name}"::text' for side in ("b", "a") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w.seq, w.txid, w.written_at, w.depth, w.op, {parts} FROM bench_write AS w"  # noqa: S608 - names of our own tables
            f" LEFT JOIN LATERAL jsonb_populate_record(NULL::{table}, w.before) AS b ON true"
            f" LEFT JOIN LATERAL jsonb_populate_record(NULL::{table}, w.after) AS a ON true"
            " WHERE w.relation = %s::regclass",
            [table],
        )
        rows = cursor.fetchall()
    names = [column.name for column in columns]
    for seq, txid, at, depth, op, *values in rows:
        if op == "DELETE":
            raise BenchBroken(f"a transfer deletes rows of {table}: the floor cannot do the same")
        before, after = dict(zip(names, values[: len(names)], strict=True)), dict(zip(names, values[len(names) :], strict=True))
        yield Write(seq, txid, at, depth, table, columns, None if op == "INSERT" else before, after)


def columns_of(table: str) -> tuple[Column, ...]:
    """Those that a statement may give a value to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod), attnum = ANY (coalesce(i.indkey::int2[], '{}')),"
            " attidentity <> '' FROM pg_attribute AS a"
            " LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary"
            " WHERE a.attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [table],
        )
        return tuple(Column(*row) for row in cursor.fetchall())
