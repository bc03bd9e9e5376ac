"""A background thread that does what is due and sleeps until the next thing is, or until somebody wakes it."""

import logging
import sqlite3
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)
_AFTER_AN_ERROR_S = 1.0


class Loop(threading.Thread):
    """`work` returns the seconds until there is more to do, None when nothing is planned. An error it did not expect ends the
    thread and calls `on_death`: a bank that settles nothing must not look alive."""

    def __init__(self, name: str, work: Callable[[], float | None], *, on_death: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._on_death = on_death
        self._news = threading.Event()
        self._stopping = False

    def wake(self) -> None:
        self._news.set()

    def stop(self) -> None:
        self._stopping = True
        self._news.set()
        self.join(timeout=10)

    def run(self) -> None:
        try:
            while not self._stopping:
                self._news.clear()
                self._news.wait(self._once())
        finally:
            if not self._stopping:
                self._on_death()

    def _once(self) -> float | None:
        try:
            return self._work()
        except sqlite3.OperationalError:
            _log.exception("the file was busy or full; %s looks again in a moment", self.name)
            return _AFTER_AN_ERROR_S
