"""Processes that no longer say that they live. A kind is dead when none of its processes has: one worker of two is no alarm."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from backoffice.alerts import thresholds
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from backoffice.health.heartbeats import signs

_STARTED = time.monotonic()


def looking_since_s() -> float:
    """For how long this process could have seen signs of life."""
    return time.monotonic() - _STARTED


@dataclass(frozen=True, slots=True)
class DeadProcesses:
    """Every kind in ALERT_PROCESSES must have given a sign within the threshold."""

    name: str = "process dead"

    def find(self) -> list[Finding] | None:
        """None until we have looked for as long as others may be silent: after a cold start nobody is dead yet."""
        silent_s = thresholds.dead_process().total_seconds()
        alive = {sign.kind for sign in signs(newer_than_s=silent_s)}
        missing = sorted(set(settings.ALERT_PROCESSES) - alive)
        if missing and looking_since_s() < silent_s:
            return None
        return [_dead(kind, silent_s) for kind in missing]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        return {alert.pk: f"The {alert.cause_key} reports again." for alert in alerts}


def _dead(kind: str, silent_s: float) -> Finding:
    return Finding(
        cause_key=kind,
        severity=Severity.CRITICAL,
        title=f"No {kind} has reported for {silent_s:g} seconds",
        detail="Work waits for it, and is not lost. The sweep goes on with what is overdue.",
        link="/alerts/",
        runbook="process-dead",
    )
