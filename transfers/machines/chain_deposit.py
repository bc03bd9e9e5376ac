"""Tokens that somebody sends to a client's deposit address: seen, credited at final depth, proved by our own index."""

from datetime import timedelta

from transfers.machines.base import RouteMachine, S, Threshold
from transfers.states import Row

MACHINE = RouteMachine(
    versions={
        1: (
            Row(S.CREATED, S.CONFIRMED, "credit at final depth"),
            Row(S.CREATED, S.FAILED, "gone, or not for a client"),
            Row(S.CONFIRMED, S.RECONCILED, "reconcile"),
            Row(S.CONFIRMED, S.REORGED, "taken back by the chain"),
            Row(S.REORGED, S.CONFIRMED, "credit again"),
            Row(S.REORGED, S.FAILED, "gone for good"),
        )
    },
    milestones=(S.CREATED, S.CONFIRMED, S.RECONCILED),
    settled=S.CONFIRMED,
    texts={
        S.CREATED: "We see your deposit on the blockchain and are waiting for its confirmations.",
        S.CONFIRMED: "Your deposit is confirmed and in your balance.",
        S.RECONCILED: "Your deposit is complete.",
        S.REORGED: "The blockchain has taken your deposit back for now. We credit it again as soon as it is final.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=30), "confirmations on chain"),
        S.CONFIRMED: Threshold(timedelta(hours=24), "our own chain index to prove it"),
        S.REORGED: Threshold(timedelta(hours=1), "the chain to settle"),
    },
)
