"""How long a transfer may stay in a state before somebody should look: one table for the alert checks and the transfer page."""

from dataclasses import dataclass
from datetime import timedelta

from transfers.states import Route, Status


@dataclass(frozen=True, slots=True)
class Threshold:
    """`overdue` is when an alert opens. `waits_for` says, in words, what the transfer normally waits for in this state."""

    overdue: timedelta
    waits_for: str


_BOTH: dict[Status, Threshold] = {
    Status.CREATED: Threshold(timedelta(minutes=5), "its quote"),
    Status.QUOTED: Threshold(timedelta(minutes=5), "wallet inventory and gas"),
    Status.FUNDS_LOCKED: Threshold(timedelta(hours=1), "signature and broadcast"),
    Status.SENT_ON_CHAIN: Threshold(timedelta(minutes=10), "confirmations on chain"),
}
THRESHOLDS: dict[tuple[Route, Status], Threshold] = {
    **{(route, status): threshold for route in Route for status, threshold in _BOTH.items()},
    (Route.ON_CHAIN_WITHDRAWAL, Status.CONFIRMED): Threshold(timedelta(hours=24), "our own chain index to prove it"),
    (Route.OFF_RAMP, Status.CONFIRMED): Threshold(timedelta(hours=4), "the bank to settle the payout"),
    (Route.OFF_RAMP, Status.FIAT_SETTLED): Threshold(timedelta(hours=24), "the booked debit on the bank statement"),
}
# A transfer that waits for people has the approval's own deadline; this only warns before it.
APPROVAL_WARNING = timedelta(minutes=30)


def threshold(route: Route, status: Status) -> Threshold | None:
    """The rule for this state, or None for states in which nothing is awaited."""
    return THRESHOLDS.get((route, status))
