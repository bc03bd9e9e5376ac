"""Calls to the functions by which everything on this floor is written: one round trip each, with errors of the ledger's own."""

from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

from audit.envelope import as_jsonb, envelope
from ledger.refusals import translated


def call(function: str, request: dict[str, Any]) -> Any:
    """Run the database function with `request` and the bound context. Raises LedgerError, NoActorBound, or the database's error.

    After a LedgerError inside an open transaction PostgreSQL refuses everything but a rollback: catch it outside of the block.
    """
    return _single(function, as_jsonb(request | {"context": envelope()}))


def wait_until_closed(moment: datetime) -> None:
    """Return once nothing can appear any more that was booked before `moment`. Raises MomentNotOver, StillPosting."""
    _single("ledger_wait_until_closed", moment)


def _single(function: str, argument: Any) -> Any:
    try:
        with _binding_cursor() as cursor:
            cursor.execute(f"SELECT {connection.ops.quote_name(function)}(%s)", [argument])
            return cursor.fetchone()[0]
    except DatabaseError as error:
        refusal = translated(error)
        if refusal is None:
            raise
        raise refusal from error


def _binding_cursor() -> CursorWrapper:
    """What connection.cursor() gives, but arguments go beside the statement: kilobytes of rows are not quoted here and read as SQL
    there."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
    prepared: CursorWrapper = connection._prepare_cursor(raw)  # type: ignore[attr-defined] # noqa: SLF001 - wrappers and logging as usual
    return prepared
