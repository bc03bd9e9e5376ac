"""How long a transfer may stay in a state before somebody should look. Its deadline is stored when it enters the state
(commands.deadlines); where a bank keeps hours, its calendar takes the place of these times."""

from datetime import timedelta

from transfers.machines import ROUTES, Threshold
from transfers.states import Route, Status

THRESHOLDS: dict[tuple[Route, Status], Threshold] = {
    (route, status): threshold for route, machine in ROUTES.items() for status, threshold in machine.thresholds.items()
}
# People may take longer than machines; the approval's own deadline is later still.
WAITS_FOR_APPROVAL = timedelta(hours=2)


def threshold(route: Route, status: Status) -> Threshold | None:
    """The rule for this state, or None for states in which nothing is awaited."""
    return THRESHOLDS.get((route, status))
