"""How long a transfer has waited in its present state, for what, and whether that is too long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.models import ApprovalRequest
from audit import clock
from backoffice.alerts import thresholds
from backoffice.console.formats import duration
from transfers.models import Transfer
from transfers.states import Route, Status
from transfers.thresholds import threshold


@dataclass(frozen=True, slots=True)
class Wait:
    """`longest` is when an alert opens. `since` is when the present wait began: when the state was entered or people had
    decided."""

    since: datetime
    longest: timedelta
    waits_for: str

    @property
    def is_late(self) -> bool:
        return clock.now() - self.since > self.longest

    def __str__(self) -> str:
        so_far = duration(clock.now() - self.since)
        return f"{so_far}, expected {duration(self.longest)}" if self.is_late else f"for {so_far}"


def wait_of(transfer: Transfer) -> Wait | None:
    """None for a state in which nothing is awaited. Reads `transfer.approval_request`."""
    route, status, request = Route(transfer.route), Status(transfer.status), transfer.approval_request
    if is_pending(transfer):
        return _wait(transfer, transfer.state_entered_at, thresholds.approval_in_drill(), "people")
    known = threshold(route, status)
    if known is None:
        return None
    decided = request.decided_at if request else None
    since = max(transfer.state_entered_at, decided or transfer.state_entered_at)
    return _wait(transfer, since, thresholds.state_in_drill(route, status), known.waits_for)


def _wait(transfer: Transfer, since: datetime, drill: timedelta | None, waits_for: str) -> Wait | None:
    """A drill's time goes before the stored deadline."""
    if drill is not None:
        return Wait(since, drill, waits_for)
    return Wait(since, transfer.deadline_at - since, waits_for) if transfer.deadline_at else None


def is_pending(transfer: Transfer) -> bool:
    """Whether it waits for people to decide."""
    request = transfer.approval_request
    waits = request is not None and request.status == ApprovalRequest.Status.PENDING
    return waits and transfer.status == Status.CREATED
