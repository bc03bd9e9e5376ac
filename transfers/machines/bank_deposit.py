"""Money that a payer sends to our bank account for a client: it counts when the bank's statement has booked it."""

from datetime import timedelta

from transfers.machines.base import RouteMachine, S, Threshold
from transfers.states import Row

_CREDITED = (Row(S.CREATED, S.CONFIRMED, "credit the booked entry"), Row(S.CONFIRMED, S.RECONCILED, "reconcile"))
# What was paid in is not for ever: a sender's bank takes money back weeks later.
_TAKEN_BACK = tuple(Row(state, S.FAILED, "the sender's bank takes it back") for state in (S.CREATED, S.CONFIRMED, S.RECONCILED))
MACHINE = RouteMachine(
    versions={1: _CREDITED, 2: (*_CREDITED, *_TAKEN_BACK)},
    milestones=(S.CREATED, S.CONFIRMED, S.RECONCILED),
    settled=S.CONFIRMED,
    texts={
        S.CREATED: "We have received your deposit and are assigning it to your balance.",
        S.CONFIRMED: "Your deposit is in your balance.",
        S.RECONCILED: "Your deposit is complete.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=5), "being credited"),
        S.CONFIRMED: Threshold(timedelta(hours=24), "the bank's statement line to be matched"),
    },
)
