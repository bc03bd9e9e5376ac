"""What went over the wire to providers, on record beside the calls (R2): the recorder of every line, and what an exchange is about.

Each is one statement in a transaction of its own, after the call and outside every lock, so it stands whatever becomes of the step.
Its commit does not wait for the disk: the outcome that follows does, and takes it along. Who polls asks the same again and again:
equal exchanges of a day are one row that is counted. Of nodes, which are read all the time for no transfer, only what failed is
kept; what was read is in our index. Where several are asked at once, each in a thread of its own, who asks keeps what they hear.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import Error as DatabaseError
from django.db import connection

from audit import clock, context
from audit.identity import new_id
from transfers.rails.base import Exchange, Written

log = structlog.get_logger(__name__)

# Alone it does not wait for the disk; inside somebody's transaction the commit is not ours to hurry.
_KEEP = """
INSERT INTO transfers_providerexchange AS known
       (id, transfer_id, call_key, provider, operation, request, response, status, error, elapsed_ms, digest, times, correlation_id,
        first_at, last_at)
SELECT %(id)s::uuid, %(transfer_id)s::uuid, %(key)s, %(provider)s, %(operation)s, %(request)s, %(response)s, %(status)s::smallint,
       %(error)s, %(elapsed_ms)s, %(digest)s::bytea, 1, %(correlation_id)s, %(now)s::timestamptz, %(now)s::timestamptz
  FROM set_config('synchronous_commit', CASE WHEN %(alone)s THEN 'off' ELSE current_setting('synchronous_commit') END, true)
ON CONFLICT (digest) DO UPDATE SET times = known.times + 1, last_at = greatest(known.last_at, excluded.last_at)
"""


@dataclass(frozen=True, slots=True)
class Subject:
    transfer_id: UUID | None = None
    key: str = ""

    def __bool__(self) -> bool:
        return bool(self.transfer_id or self.key)


_NOBODY = Subject()
_subject: ContextVar[Subject] = ContextVar("exchange_subject", default=_NOBODY)


@contextmanager
def about(transfer_id: UUID) -> Iterator[None]:
    """Whatever is said to providers inside the block is about this transfer."""
    with _bound(Subject(transfer_id)):
        yield


@contextmanager
def under(key: str) -> Iterator[None]:
    """It belongs to the call on record under `key`, too."""
    with _bound(replace(_subject.get(), key=key)):
        yield


@contextmanager
def of_many(key: str) -> Iterator[None]:
    """It is about several transfers at once, which know `key`."""
    with _bound(Subject(None, key)):
        yield


@contextmanager
def gathered() -> Iterator[None]:
    """What other threads hear inside the block is put on record by this one at its end: they need no connection to the database.
    Who is later than that puts it on record alone."""
    aside = _Aside()
    token = _aside.set(aside)
    try:
        yield
    finally:
        _aside.reset(token)
        for values in aside.taken():
            _write(values)


class _Aside:
    def __init__(self) -> None:
        self._lock, self._values = threading.Lock(), list[dict[str, Any]]()
        self._is_open = True

    def takes(self, values: dict[str, Any]) -> bool:
        """False once it was taken away."""
        with self._lock:
            if self._is_open:
                self._values.append(values)
            return self._is_open

    def taken(self) -> list[dict[str, Any]]:
        with self._lock:
            self._is_open = False
            return self._values


_aside: ContextVar[_Aside | None] = ContextVar("exchanges_aside", default=None)


@contextmanager
def _bound(subject: Subject) -> Iterator[None]:
    token = _subject.set(subject)
    try:
        yield
    finally:
        _subject.reset(token)


def keep(exchange: Exchange) -> None:
    """The recorder. Never raises for the database's trouble: the answer that was heard is worth more than its record."""
    subject = _subject.get()
    if not subject and not exchange.error and exchange.is_routine:
        return
    written, now, bound = exchange.written(), clock.now(), context.bound()
    values = {
        "id": new_id(),
        "transfer_id": subject.transfer_id,
        "key": subject.key,
        "provider": exchange.provider,
        "operation": written.operation,
        "request": written.request,
        "response": written.response,
        "status": exchange.status,
        "error": exchange.error,
        "elapsed_ms": exchange.elapsed_ms,
        "digest": _digest(subject, exchange, written, now),
        "correlation_id": bound.correlation_id if bound else "",
        "now": now,
    }
    aside = _aside.get()
    if aside is None:
        _write(values)
    elif not aside.takes(values):
        _write(values)
        # Of a thread that ends now: nobody else closes it.
        connection.close()


def _write(values: dict[str, Any]) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, values | {"alone": not connection.in_atomic_block})
    except DatabaseError:
        log.exception("an exchange could not be put on record", provider=values["provider"], operation=values["operation"])


def round_key(round_id: UUID) -> str:
    """Of the questions of one round of quotes."""
    return f"round/{round_id}"


def batch_key(message_id: str) -> str:
    """Of the order that hands a batch of payouts over."""
    return f"{message_id}/batch"


def _digest(subject: Subject, exchange: Exchange, written: Written, now: datetime) -> bytes:
    """What fails for no transfer's sake is one thing, whatever was asked."""
    asked, said = written.essence
    told = [now.date(), subject.transfer_id, subject.key, exchange.provider, written.operation, exchange.status, exchange.error]
    whole = [*told, *([] if exchange.error and not subject else [asked]), said]
    return hashlib.sha256(repr(whole).encode()).digest()
