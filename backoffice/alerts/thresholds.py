"""How long is too long. Transfers carry a deadline for each state; ALERT_THRESHOLDS puts another time in its place for drills and
tests, and in the place of the times below.

Names, the more special first: `off_ramp:CONFIRMED`, `CONFIRMED`, `CREATED:approval`, `process`, `seal`, `anchor`, `webhook`,
`unsent`. Values are seconds.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.core.checks import CheckMessage, Error

from transfers.states import Route, Status

DEAD_PROCESS = timedelta(seconds=60)
# How long an event may wait for its seal, and a checkpoint for an anchor.
SEAL_BEHIND = timedelta(seconds=60)
ANCHOR_BEHIND = timedelta(minutes=5)
# A client's server may be away for a while; that nothing leaves at all is ours.
WEBHOOK_FAILING = timedelta(hours=1)
UNSENT = timedelta(minutes=5)
APPROVAL, PROCESS, SEAL, ANCHOR = "CREATED:approval", "process", "seal", "anchor"
WEBHOOK, MESSAGE = "webhook", "unsent"
_NAMED = frozenset({APPROVAL, PROCESS, SEAL, ANCHOR, WEBHOOK, MESSAGE})


def state_in_drill(route: Route, status: Status) -> timedelta | None:
    """None outside a drill: then the deadline that is stored on the transfer counts."""
    return _given(f"{route}:{status}", str(status))


def approval_in_drill() -> timedelta | None:
    return _given(APPROVAL)


def dead_process() -> timedelta:
    return _replaced(PROCESS, default=DEAD_PROCESS)


def seal() -> timedelta:
    return _replaced(SEAL, default=SEAL_BEHIND)


def anchor() -> timedelta:
    return _replaced(ANCHOR, default=ANCHOR_BEHIND)


def webhook() -> timedelta:
    return _replaced(WEBHOOK, default=WEBHOOK_FAILING)


def unsent() -> timedelta:
    return _replaced(MESSAGE, default=UNSENT)


def _replaced(name: str, *, default: timedelta) -> timedelta:
    given = _given(name)
    return default if given is None else given


def _given(*names: str) -> timedelta | None:
    given: Mapping[str, str] = settings.ALERT_THRESHOLDS
    return next((timedelta(seconds=float(given[name])) for name in names if name in given), None)


def check_settings(**_: object) -> list[CheckMessage]:
    """A system check: a misspelt name would silently leave the old time in force."""
    known = {
        *_NAMED,
        *Status,
        *(f"{route}:{status}" for route in Route for status in Status),
    }
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
