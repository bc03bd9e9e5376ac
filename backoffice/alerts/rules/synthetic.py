"""Our own small transfers: one failed, takes too long, or nobody starts them any more. What happens to them happens to clients."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.urls import reverse

from audit import clock
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Severity
from transfers.queries.synthetic import Standing, newest, standings

# So many turns may be missed before it means something.
MISSED = 3
_WHAT = {"internal_transfer": "between two accounts of ours", "on_chain_withdrawal": "on chain and back"}


@dataclass(frozen=True, slots=True)
class HealthChecks:
    """One alert per route and kind of trouble."""

    name: str = "health check"

    def find(self) -> list[Finding] | None:
        return [finding for standing in standings() for finding in _found(standing)]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        on = {standing.check.route: standing for standing in standings()}
        return {alert.pk: _gone(on.get(alert.cause_key.partition("|")[0])) for alert in alerts}  # type: ignore[call-overload]


def _found(standing: Standing) -> list[Finding]:
    check, last, running = standing.check, standing.last, standing.running
    if standing.is_late and running is not None:
        words = f"It was ordered at {running.started_at:%H:%M:%S} UTC and may take {_words(check.limit)}. Clients wait as it does."
        return [_finding(standing, "late", "takes too long", words, running.transfer_id)]
    if standing.has_failed and last is not None:
        return [_finding(standing, "failed", "failed", last.detail, last.transfer_id)]
    latest = newest(check.route)
    if latest is not None and latest.ended_at and latest.started_at + check.every * MISSED + check.limit < clock.now():
        words = f"The last one was at {latest.started_at:%Y-%m-%d %H:%M} UTC; one is due every {_words(check.every)}."
        return [_finding(standing, "missed", "is not made any more", words, None)]
    return []


def _finding(standing: Standing, kind: str, what: str, detail: str, transfer_id: UUID | None) -> Finding:
    route = standing.check.route
    return Finding(
        cause_key=f"{route}|{kind}",
        severity=Severity.WARNING if kind == "missed" else Severity.CRITICAL,
        title=f"The health check {_WHAT[route]} {what}",
        detail=detail,
        link=f"/transfers/{transfer_id}/" if transfer_id else reverse("console:health-checks"),
        runbook="health-check",
        transfer_id=transfer_id,
    )


def _gone(standing: Standing | None) -> str:
    if standing is None:
        return "This health check is switched off by configuration."
    if standing.has_failed:
        return "It has ended, and failed: that has an alert of its own."
    if standing.took is None:
        return "It is made again."
    return f"It passed again, in {_words(standing.took)}."


def _words(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.1f} seconds".replace(".0 ", " ")
