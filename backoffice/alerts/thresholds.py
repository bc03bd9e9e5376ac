"""How long is too long: the times of transfers.thresholds, any of which ALERT_THRESHOLDS replaces for drills and tests.

Names, the more special first: `off_ramp:CONFIRMED`, `CONFIRMED`, `CREATED:approval`, `process`, `seal`, `anchor`. Values are
seconds.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.core.checks import CheckMessage, Error

from transfers.states import Route, Status
from transfers.thresholds import threshold

# People may take longer than machines; the approval's own deadline is later still.
WAITS_FOR_APPROVAL = timedelta(hours=2)
DEAD_PROCESS = timedelta(seconds=60)
# How long an event may wait for its seal, and a checkpoint for an anchor.
SEAL_BEHIND = timedelta(seconds=60)
ANCHOR_BEHIND = timedelta(minutes=5)
APPROVAL, PROCESS, SEAL, ANCHOR = "CREATED:approval", "process", "seal", "anchor"


def state(route: Route, status: Status) -> timedelta | None:
    """None for a state in which nothing is awaited."""
    known = threshold(route, status)
    return _replaced(f"{route}:{status}", str(status), default=known.overdue) if known else None


def approval() -> timedelta:
    return _replaced(APPROVAL, default=WAITS_FOR_APPROVAL)


def dead_process() -> timedelta:
    return _replaced(PROCESS, default=DEAD_PROCESS)


def seal() -> timedelta:
    return _replaced(SEAL, default=SEAL_BEHIND)


def anchor() -> timedelta:
    return _replaced(ANCHOR, default=ANCHOR_BEHIND)


def _replaced(*names: str, default: timedelta) -> timedelta:
    given: Mapping[str, str] = settings.ALERT_THRESHOLDS
    for name in names:
        if name in given:
            return timedelta(seconds=float(given[name]))
    return default


def check_settings(**_: object) -> list[CheckMessage]:
    """A system check: a misspelt name would silently leave the old time in force."""
    known = {APPROVAL, PROCESS, SEAL, ANCHOR, *Status, *(f"{route}:{status}" for route in Route for status in Status)}
    return [
        Error(f"ALERT_THRESHOLDS: {name}={value} is not a known name with a number of seconds.", id="alerts.E001")
        for name, value in settings.ALERT_THRESHOLDS.items()
        if name not in known or not _is_seconds(value)
    ]


def _is_seconds(value: str) -> bool:
    try:
        return 0 <= float(value) < float("inf")
    except ValueError:
        return False
