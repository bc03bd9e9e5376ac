"""The one source of business time.

Everything that asks "what time is it for the business" calls `now()`; tests and drills replace the clock with `using`. Booking and
audit times are not taken from here: the database stamps those itself.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def _system_time() -> datetime:
    return datetime.now(UTC)


_clock: ContextVar[Clock] = ContextVar("clock", default=_system_time)


def now() -> datetime:
    """Business time, always aware and in UTC."""
    return _clock.get()()


@contextmanager
def using(clock: Clock) -> Iterator[None]:
    """Replace business time for the length of the block."""
    token = _clock.set(clock)
    try:
        yield
    finally:
        _clock.reset(token)
