"""The circuit breaker as a pure state machine: what may pass, and what an outcome makes of it.

closed     everything passes; too many failures in the window open it
open       nothing passes until `retry_at`; opened by hand, nothing passes until somebody closes it
half-open  one call is on its way to find out; its success closes, its failure opens for twice as long, its silence frees the place
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

# A probe whose process died blocks the next one for this long.
PROBE_LIVES = timedelta(seconds=30)
# Rests double up to this many times.
_DOUBLINGS = 2


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Admission(StrEnum):
    """`PROBE` passes too, and its outcome decides."""

    PASS = "pass"  # noqa: S105 - not a password
    PROBE = "probe"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Opens when, of at least `calls` in the window, `percent` or more failed; rests `rest` the first time."""

    calls: int
    percent: int
    rest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """`trips` counts the openings since it last was closed."""

    state: State = State.CLOSED
    is_manual: bool = False
    retry_at: datetime | None = None
    probe_until: datetime | None = None
    trips: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What happened lately, the outcome at hand included."""

    calls: int
    failed: int


def admits(breaker: Breaker, now: datetime) -> Admission:
    """Whether a call may pass now. A `PROBE` must be taken first (`probing`), by one caller only."""
    if breaker.state == State.CLOSED:
        return Admission.PASS
    if breaker.is_manual:
        return Admission.REFUSED
    until = breaker.retry_at if breaker.state == State.OPEN else breaker.probe_until
    return Admission.PROBE if until is None or until <= now else Admission.REFUSED


def probing(breaker: Breaker, now: datetime) -> Breaker:
    return replace(breaker, state=State.HALF_OPEN, retry_at=None, probe_until=now + PROBE_LIVES)


def after_success(breaker: Breaker, *, was_probe: bool) -> Breaker:
    """Only the probe's own success closes: one question that got through says little about the next order."""
    if was_probe and breaker.state == State.HALF_OPEN and not breaker.is_manual:
        return Breaker()
    return breaker


def after_failure(breaker: Breaker, *, was_probe: bool, window: Window, rules: Rules, now: datetime) -> Breaker:
    """Failures of calls that had passed before it opened change nothing any more."""
    if breaker.is_manual:
        return breaker
    if breaker.state == State.HALF_OPEN and was_probe:
        return _opened(breaker, rules, now)
    if breaker.state == State.CLOSED and window.calls >= rules.calls and window.failed * 100 >= rules.percent * window.calls:
        return _opened(breaker, rules, now)
    return breaker


def opened_by_hand(breaker: Breaker) -> Breaker:
    return Breaker(state=State.OPEN, is_manual=True, trips=breaker.trips)


def closed_by_hand() -> Breaker:
    return Breaker()


def _opened(breaker: Breaker, rules: Rules, now: datetime) -> Breaker:
    rest = rules.rest * 2 ** min(breaker.trips, _DOUBLINGS)
    return Breaker(state=State.OPEN, retry_at=now + rest, trips=breaker.trips + 1)
