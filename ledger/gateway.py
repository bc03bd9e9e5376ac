"""Calls to the functions by which everything on this floor is written: one round trip each, with errors of the ledger's own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from psycopg import OperationalError, adapters
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

from audit.envelope import as_json, as_jsonb, envelope
from ledger.refusals import translated

_JSONB = adapters.types["jsonb"].oid


def call(function: str, request: dict[str, Any]) -> Any:
    """Run the database function with `request` and the bound context. Raises LedgerError, NoActorBound, or the database's error.

    After a LedgerError inside an open transaction PostgreSQL refuses everything but a rollback: catch it outside of the block.
    """
    return _single(function, as_jsonb(_in_context(request)))


def answer_of(function: str, request: dict[str, Any]) -> dict[str, Any]:
    """The same for a function that answers in JSON, read."""
    # Looked up once: each look through `connection` asks which thread this is.
    here = connections[DEFAULT_DB_ALIAS]
    here.close_if_health_check_failed()
    told = _alone(here, function, as_json(_in_context(request))) if _is_alone(here) else call(function, request)
    answer: dict[str, Any] = json.loads(told)
    return answer


def wait_until_closed(moment: datetime) -> None:
    """Return once nothing can appear any more that was booked before `moment`. Raises MomentNotOver, StillPosting."""
    _single("ledger_wait_until_closed", moment)


def _in_context(request: dict[str, Any]) -> dict[str, Any]:
    return request | {"context": envelope()}


def _single(function: str, argument: Any) -> Any:
    with _in_our_words(), _binding_cursor() as cursor:
        cursor.execute(_statement(function, "%s"), [argument])
        return cursor.fetchone()[0]


def _is_alone(here: BaseDatabaseWrapper) -> bool:
    """Whether a statement would be its own transaction, and nobody listens to what goes through cursors."""
    return here.get_autocommit() and not (here.execute_wrappers or here.queries_logged)


def _alone(here: BaseDatabaseWrapper, function: str, argument: bytes) -> bytes:
    """Past cursors, by the one call of the client library that sends, waits and reads: the steps that a cursor takes instead were a
    twentieth of what the server spends on an order."""
    with _in_our_words(), here.wrap_database_errors:
        result = here.connection.pgconn.exec_params(_statement(function, "$1").encode(), [argument], [_JSONB])
        if result.status != ExecStatus.TUPLES_OK:
            error = error_from_result(result)
            # What has no code is not the server's: the connection is lost.
            raise error if error.sqlstate else OperationalError(str(error))
        answer: bytes = result.get_value(0, 0)
        return answer


@lru_cache
def _statement(function: str, placeholder: str) -> str:
    return f"SELECT {connection.ops.quote_name(function)}({placeholder})"


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
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
