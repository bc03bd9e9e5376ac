"""The single steps of archiving, in terms of the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg import sql

from audit.archive import vouching
from audit.archive.errors import ArchiveDiffers, NotArchivable, TableBusy
from audit.archive.months import ArchivedMonth, archived_month, begins, ends, partition_name
from audit.archive.registry import ArchivedTable
from audit.context import current
from audit.envelope import as_jsonb, envelope

_LOCK_TIMEOUT = "500ms"
_TRIES = 20
_LOCK_NOT_AVAILABLE = "55P03"
_IN_DEFAULT = sql.SQL("SELECT EXISTS (SELECT FROM {default} WHERE {key} >= %s AND {key} < %s)")


@dataclass(frozen=True, slots=True)
class Done:
    """`file` holds the rows whose hash is `sha256`."""

    partition: str
    action: str
    rows: int
    sha256: str
    file: str


def run(statement: str | sql.Composable, *parameters: Any) -> list[tuple[Any, ...]]:
    """One statement, and its rows where it has any."""
    text = statement if isinstance(statement, str) else statement.as_string(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def together(table: str, *steps: Callable[[], object]) -> None:
    """Do the steps in one transaction that waits for nobody for long: who has the table open keeps it, and who comes behind us in
    the queue waits half a second at most. Raises TableBusy after some tries."""
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                run("SELECT set_config('lock_timeout', %s, true)", _LOCK_TIMEOUT)
                for step in steps:
                    step()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            time.sleep(0.1)
        else:
            return
    raise TableBusy(table)


def detach(source: ArchivedTable, month: date, *, rows: int) -> None:
    """Raises NotArchivable when the table has other than `rows` rows: somebody was still writing when they were read."""
    run("SELECT audit_detach_month(%s, %s)", source.name, month)
    partition = partition_name(source, month)
    found = run(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("archive", partition)))[0][0]
    if found != rows:
        raise NotArchivable(partition, [f"it had {rows} rows when they were read and has {found} now; try again"])


def attach(source: ArchivedTable, month: date) -> None:
    """With all guards and triggers, or not at all. Raises NotArchivable."""
    # Its triggers want the table alone. Asked for later than the locks of attaching, that waits for people who wait for these.
    run(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(source.name)))
    run("SELECT audit_attach_month(%s, %s)", source.name, month)
    run(sql.SQL("SELECT {}()").format(sql.Identifier(source.ensure)))
    if missing := run("SELECT relation, guard FROM audit_missing_guards(%s)", source.name):
        raise NotArchivable(partition_name(source, month), [f"guard {guard} is missing on {where}" for where, guard in missing])


def discard(partition: str) -> None:
    """What an interrupted attempt left in schema archive."""
    run(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier("archive", partition)))


def drop(source: ArchivedTable, month: date, done: Done, reason: str) -> None:
    """Give up the rows and note it, with what is kept of them and what is sealed instead."""
    sealed = source.sealed(month)
    kept = run("SELECT audit_drop_month(%s, %s, %s)", source.name, month, vouching.given_up())[0][0]
    note(source, month, done, reason, sealed if kept is None else sealed | {"kept": kept})


def note(source: ArchivedTable, month: date, done: Done, reason: str, beside: dict[str, Any] | None = None) -> None:
    """Keep what was done, with its event, in the caller's transaction. `beside` goes into the event alone."""
    request = {
        "source": source.name,
        "month": month.isoformat(),
        "action": done.action,
        "rows": done.rows,
        "sha256": done.sha256,
        "file": done.file,
        "by": current().actor.id,
        "reason": reason,
        "context": envelope(),
        **(beside or {}),
    }
    run("SELECT audit_note_archive(%s)", as_jsonb(request))


def same(what: str, expected: str, found: str) -> None:
    """Raises ArchiveDiffers."""
    if found != expected:
        raise ArchiveDiffers(what, expected, found)


def away(source: ArchivedTable, month: date, *actions: str) -> ArchivedMonth:
    """The month, which stands as one of `actions` says. Raises NotArchivable."""
    kept = archived_month(source, month)
    if kept is None or kept.action not in actions:
        stands = "was never archived" if kept is None else f"is {kept.action}"
        raise NotArchivable(partition_name(source, month), [f"it {stands}"])
    return kept


def is_over(month: date) -> bool:
    now: datetime = run("SELECT clock_timestamp()")[0][0]
    return ends(month) <= now


def is_stranded(source: ArchivedTable, month: date) -> bool:
    """Whether rows of the month lie in the default partition."""
    query = _IN_DEFAULT.format(default=sql.Identifier(f"{source.name}_default"), key=sql.Identifier(source.key))
    return bool(run(query, begins(month), ends(month))[0][0])
