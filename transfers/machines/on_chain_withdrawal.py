"""Tokens from our hot wallet to an address of the client's list."""

from datetime import timedelta

from transfers.machines.base import TO_CHAIN_1, TO_CHAIN_2, TO_CHAIN_THRESHOLDS, RouteMachine, S, Threshold
from transfers.states import Row

MACHINE = RouteMachine(
    versions={
        1: (*TO_CHAIN_1, Row(S.CONFIRMED, S.RECONCILED, "reconcile")),
        2: (*TO_CHAIN_2, Row(S.CONFIRMED, S.RECONCILED, "reconcile")),
    },
    milestones=(S.CREATED, S.QUOTED, S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.CONFIRMED, S.RECONCILED),
    settled=S.CONFIRMED,
    texts={
        S.CONFIRMED: "Your transfer has arrived: the blockchain has confirmed it.",
        S.RECONCILED: "Your transfer is complete.",
    },
    thresholds={
        **TO_CHAIN_THRESHOLDS,
        S.CONFIRMED: Threshold(timedelta(hours=24), "our own chain index to prove it"),
    },
)
