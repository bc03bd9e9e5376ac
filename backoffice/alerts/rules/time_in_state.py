"""Transfers that stay in a state longer than they should: one alert each, and one for all the rest when there are many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backoffice.alerts import thresholds
from backoffice.alerts.models import Alert
from backoffice.alerts.rules.base import Finding, Rule, Severity
from transfers.overdue import Overdue, overdue, statuses
from transfers.states import DEPOSITS, PAID_BY_BANK, Route, Status
from transfers.thresholds import THRESHOLDS

# One alert per transfer up to here; a provider that is down must not ring a thousand times.
ALERTS_PER_RULE = 20
REST = "rest"
_RUNBOOKS = {
    Status.CREATED: "transfer-stuck-created",
    Status.QUOTED: "transfer-stuck-quoted",
    Status.FUNDS_LOCKED: "transfer-stuck-funds-locked",
    Status.SENT_ON_CHAIN: "transfer-stuck-sent-on-chain",
    Status.DROPPED: "transfer-stuck-dropped",
    Status.REORGED: "transfer-stuck-reorged",
    Status.CONFIRMED: "transfer-unreconciled",
    Status.FIAT_SETTLED: "transfer-unreconciled",
}
# Money is outside and its end unknown: these wake somebody.
_CRITICAL = frozenset({Status.SENT_ON_CHAIN, Status.DROPPED, Status.REORGED, Status.CONFIRMED, Status.FIAT_SETTLED})


@dataclass(frozen=True, slots=True)
class TimeInState:
    """Transfers on `route` in `status`, those that wait for people apart from those that wait for machines."""

    route: Route
    status: Status
    waits_for: str
    waits_for_people: bool = False

    @property
    def name(self) -> str:
        return f"time in state: {self.route} {self.status}" + (" (approval)" if self.waits_for_people else "")

    def find(self) -> list[Finding] | None:
        drill = thresholds.approval_in_drill() if self.waits_for_people else thresholds.state_in_drill(self.route, self.status)
        rows, count = overdue(
            route=self.route,
            status=self.status,
            waits_for_people=self.waits_for_people,
            limit=ALERTS_PER_RULE,
            longest=drill,
        )
        found = [self._one(row, drill) for row in rows]
        return found if count <= len(rows) else [*found, self._rest(count - len(rows), _allowed(rows[-1], drill), rows[-1].since)]

    def why_gone(self, alerts: Sequence[Alert]) -> dict[UUID, str]:
        now = statuses([alert.transfer_id for alert in alerts if alert.transfer_id])
        return {alert.pk: self._gone(now.get(alert.transfer_id) if alert.transfer_id else None) for alert in alerts}

    def _gone(self, status: str | None) -> str:
        if status is None:
            return "The others have alerts of their own now, or have moved on."
        if status == self.status:
            return f"It is still {self.status.quoted}, but no longer overdue: what it waited for has changed."
        return f"The transfer moved on to {Status(status).quoted}."

    @property
    def _runbook(self) -> str:
        if self.route in (Route.CARD_DEPOSIT, Route.CARD_REFUND):
            return "card-deposit"
        if self.route == Route.DEPOSIT_SWEEP and self.status is Status.CREATED:
            return "deposit-sweep"
        if self.route in DEPOSITS and self.status is not Status.CONFIRMED:
            return "deposit-stuck"
        waits_for_bank = self.route in PAID_BY_BANK and self.status is Status.CONFIRMED
        return "transfer-stuck-confirmed" if waits_for_bank else _RUNBOOKS[self.status]

    @property
    def _severity(self) -> Severity:
        return Severity.CRITICAL if self.status in _CRITICAL else Severity.WARNING

    def _one(self, row: Overdue, drill: timedelta | None) -> Finding:
        said = [f"It has been {self.status.quoted} since {_stamp(row.since)} and waits for {self.waits_for}."]
        if row.stopped_by:
            said.append(f"Stopped by: {row.stopped_by}.")
        if row.last_error:
            said.append(f"Last error: {row.last_error}")
        return Finding(
            cause_key=str(row.transfer_id),
            severity=self._severity,
            title=f"{row.reference} is {self.status.quoted} for over {_words(_allowed(row, drill))}",
            detail=" ".join(said),
            link=f"/transfers/{row.transfer_id}/",
            runbook=self._runbook,
            client_id=row.client_id,
            transfer_id=row.transfer_id,
        )

    def _rest(self, count: int, longest: timedelta, youngest: datetime) -> Finding:
        return Finding(
            cause_key=REST,
            severity=Severity.CRITICAL,
            title=f"{count} more transfers are {self.status.quoted} for over {_words(longest)}",
            detail=f"The {ALERTS_PER_RULE} that wait longest, since {_stamp(youngest)} or before, have alerts. Look for one cause.",
            link=f"/transfers/?status={self.status}",
            runbook=self._runbook,
        )


def rules() -> list[Rule]:
    machines: list[Rule] = [TimeInState(route, status, known.waits_for) for (route, status), known in THRESHOLDS.items()]
    people: list[Rule] = [TimeInState(route, Status.CREATED, "approval", waits_for_people=True) for route in Route]
    return machines + people


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _allowed(row: Overdue, drill: timedelta | None) -> timedelta:
    """How long it might have taken: from when the wait began to the deadline that was set for it."""
    if drill is not None:
        return drill
    return row.deadline_at - row.since if row.deadline_at else timedelta(0)


def _words(length: timedelta) -> str:
    """In whole units: a wait that began a moment after its deadline was set is as long as the deadline says."""
    seconds = round(length.total_seconds())
    for size, word in ((3600, "hour"), (60, "minute")):
        if seconds >= size and (seconds % size == 0 or seconds >= 10 * size):
            count = seconds // size
            return f"{count} {word}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"
