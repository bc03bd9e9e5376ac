"""How long a transfer may stay in a state before somebody should look: for the alert checks and the transfer page."""

from datetime import timedelta

from transfers.machines import ROUTES, Threshold
from transfers.states import Route, Status

THRESHOLDS: dict[tuple[Route, Status], Threshold] = {
    (route, status): threshold for route, machine in ROUTES.items() for status, threshold in machine.thresholds.items()
}
# A transfer that waits for people has the approval's own deadline; this only warns before it.
APPROVAL_WARNING = timedelta(minutes=30)


def threshold(route: Route, status: Status) -> Threshold | None:
    """The rule for this state, or None for states in which nothing is awaited."""
    return THRESHOLDS.get((route, status))
