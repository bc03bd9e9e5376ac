"""From one client's balance to another's, in one asset: one posting in our own books, nothing outside."""

from datetime import timedelta

from transfers.machines.base import RouteMachine, S, Threshold
from transfers.states import Row

MACHINE = RouteMachine(
    versions={
        1: (
            Row(S.CREATED, S.CONFIRMED, "book"),
            Row(S.CREATED, S.CANCELLED, "cancel or reject"),
            Row(S.CREATED, S.EXPIRED, "approval lapses"),
            Row(S.CREATED, S.FAILED, "the receiver cannot take it"),
            Row(S.CONFIRMED, S.RECONCILED, "the books prove it"),
        )
    },
    milestones=(S.CREATED, S.CONFIRMED, S.RECONCILED),
    settled=S.CONFIRMED,
    texts={
        S.CONFIRMED: "Your transfer has arrived: it is in the receiver's balance.",
        S.RECONCILED: "Your transfer is complete.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=5), "its posting"),
        S.CONFIRMED: Threshold(timedelta(hours=1), "the proof from the books"),
    },
)
