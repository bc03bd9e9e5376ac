"""Whether a connection of a pool is asked if it still lives before a statement is sent on it. That costs a round trip.

Whoever sends a statement that may be sent a second time, because it is one transaction under a key of its own, need not ask: it
sends, and where the connection turns out to be lost, sends again on another. Needs no Django: the database's backend reads it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_asked: ContextVar[bool] = ContextVar("connection is asked", default=True)


def is_asked() -> bool:
    return _is_asked.get()


@contextmanager
def unasked() -> Iterator[None]:
    """Inside the block a connection that shows no sign of having been lost is used as it is."""
    token = _is_asked.set(False)
    try:
        yield
    finally:
        _is_asked.reset(token)
