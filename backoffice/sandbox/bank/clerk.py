"""What the bank does by itself: carries payments out, closes statements, delivers hints."""

import sqlite3
import time
from collections.abc import Callable

from backoffice.sandbox.bank import hints, payments, recalls, sequels, statements, takebacks
from backoffice.sandbox.bank.books import Books
from backoffice.sandbox.bank.hints import Deliverer


class Clerk:
    """`interval_s` 0 means that statements are closed only on request. Each method does what is due now and returns the seconds
    until there is more to do, None when nothing is planned."""

    def __init__(
        self,
        books: Books,
        *,
        settle_delay_s: float,
        interval_s: float,
        clock: Callable[[], float] = time.time,
        on_hint: Callable[[], None] = lambda: None,
    ) -> None:
        self._books = books
        self._settle_delay_s = settle_delay_s
        self._interval_s = interval_s
        self._clock = clock
        self._on_hint = on_hint

    def work(self) -> float | None:
        """Payments one step further, statements closed; `on_hint` is called when a hint was queued."""
        with self._books.transaction() as rows:
            now = self._clock()
            moved = payments.carry_out(self._books, rows, now=now, settle_delay_s=self._settle_delay_s)
            moved = sequels.carry_out(self._books, rows, now=now) or moved
            moved = recalls.carry_out(self._books, rows, now=now) or moved
            moved = takebacks.carry_out(self._books, rows, now=now) or moved
            if self._interval_s:
                statements.close_due(self._books, rows, now=now, interval_s=self._interval_s)
            next_at = self._next_at(rows)
        if moved:
            self._on_hint()
        return self._seconds_until(next_at)

    def deliver(self, deliverer: Deliverer) -> float | None:
        hints.deliver_due(self._books, deliverer, clock=self._clock)
        with self._books.transaction() as rows:
            return self._seconds_until(_earliest(rows, "SELECT min(next_at) AS at FROM hint"))

    def _next_at(self, rows: sqlite3.Connection) -> float | None:
        settling = _earliest(rows, "SELECT min(next_at) AS at FROM payment")
        booked = _earliest(rows, "SELECT min(booked_at) AS at FROM booking WHERE statement IS NULL") if self._interval_s else None
        reporting = None if booked is None else booked + self._interval_s
        following = sequels.next_at(rows)
        deciding = recalls.next_at(rows)
        return min((at for at in (settling, reporting, following, deciding) if at is not None), default=None)

    def _seconds_until(self, at: float | None) -> float | None:
        return None if at is None else max(0.0, at - self._clock())


def _earliest(rows: sqlite3.Connection, query: str) -> float | None:
    at: float | None = rows.execute(query).fetchone()["at"]
    return at
