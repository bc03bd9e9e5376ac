"""Signed webhooks (Standard Webhooks): a hint that something moved, delivered until it is taken. Whoever gets one asks the bank."""

import http.client
import json
import sqlite3
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from backoffice.sandbox.bank import faults
from backoffice.sandbox.bank.books import Books

_TIMEOUT_S = 5.0
_LONGEST_PAUSE_S = 300.0
_ATTEMPTS = 12
# Longer than any order can make one late, so that it tells what waits to be overtaken.
_LONGEST_LATE_S, _OVERTAKEN_S = 100_000.0, 300_000.0


class Deliverer:
    """Posts hints to one address, each under its own id for ever, so that repeats can be told from news."""

    def __init__(self, url: str, secret: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is not an http address")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path or "/"
        self._webhook = Webhook(secret)

    def deliver(self, hint_id: str, body: str) -> bool:
        """Whether the other side took it; any 2xx counts."""
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/xml" if body.startswith("<") else "application/json",
            "webhook-id": hint_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(hint_id, now, body),
        }
        make = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = make(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            connection.request("POST", self._path, body.encode(), headers)
            return 200 <= connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def add(rows: sqlite3.Connection, data: dict[str, str], *, now: float, type_: str = "payment.status") -> None:
    """Queue a hint in the transaction of the change itself."""
    hint_id = f"msg_{uuid.uuid4().hex}"
    timestamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = json.dumps({"id": hint_id, "type": type_, "timestamp": timestamp, "data": data})
    queue(rows, body, now=now, hint_id=hint_id)


def queue(rows: sqlite3.Connection, body: str, *, now: float, hint_id: str = "") -> None:
    """A message of any kind, under an id of its own."""
    values = (hint_id or f"msg_{uuid.uuid4().hex}", body, now)
    rows.execute("INSERT INTO hint (id, body, next_at) VALUES (?, ?, ?)", values)


def deliver_due(books: Books, deliverer: Deliverer, *, clock: Callable[[], float]) -> None:
    """Try every hint whose time has come once. Failed ones wait twice as long each time and are given up after the twelfth."""
    with books.transaction() as rows:
        due = rows.execute("SELECT * FROM hint WHERE next_at <= ? ORDER BY next_at LIMIT 50", (clock(),)).fetchall()
    while due:
        row = due.pop(0)
        if row["attempts"] == 0 and _goes_astray(books, row, now=clock()):
            continue
        _try(books, deliverer, row, clock=clock)
        due[:0] = _overtaken(books, row)


def _try(books: Books, deliverer: Deliverer, row: sqlite3.Row, *, clock: Callable[[], float]) -> None:
    taken = deliverer.deliver(row["id"], row["body"])
    attempts = row["attempts"] + 1
    pause = min(2.0 ** (attempts - 1), _LONGEST_PAUSE_S)
    now = clock()
    next_at = None if taken or attempts >= _ATTEMPTS else now + pause
    with books.transaction() as rows:
        rows.execute(
            "UPDATE hint SET attempts = ?, next_at = ?, delivered_at = ? WHERE id = ?",
            (attempts, next_at, now if taken else None, row["id"]),
        )


def _goes_astray(books: Books, row: sqlite3.Row, *, now: float) -> bool:
    """Whether an order keeps this hint from being delivered now: it counts as one try, so that it is met by no order again."""
    with books.transaction() as rows:
        if faults.use(rows, "hint_lost", now=now) is not None:
            next_at = None
        elif (late := faults.use(rows, "hint_late", now=now)) is not None:
            next_at = now + int(late["seconds"])
        elif faults.use(rows, "hint_reorder", now=now) is not None:
            next_at = now + _OVERTAKEN_S
        else:
            return False
        attempts = _ATTEMPTS if next_at is None else 1
        rows.execute("UPDATE hint SET attempts = ?, next_at = ? WHERE id = ?", (attempts, next_at, row["id"]))
    return True


def _overtaken(books: Books, row: sqlite3.Row) -> list[sqlite3.Row]:
    """What was to come after the next one comes now that there was a next one."""
    older = "SELECT * FROM hint WHERE delivered_at IS NULL AND next_at > ? ORDER BY next_at"
    with books.transaction() as rows:
        return rows.execute(older, (row["next_at"] + _LONGEST_LATE_S,)).fetchall()
