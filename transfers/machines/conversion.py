"""From one of a client's balances to another, at a firm price, against the house's position: nothing leaves our books."""

from datetime import timedelta

from transfers.machines.base import RouteMachine, S, Threshold
from transfers.states import Row

MACHINE = RouteMachine(
    versions={
        1: (
            Row(S.CREATED, S.QUOTED, "quote"),
            Row(S.CREATED, S.CANCELLED, "cancel or reject"),
            Row(S.CREATED, S.EXPIRED, "approval lapses"),
            Row(S.QUOTED, S.FUNDS_LOCKED, "lock funds"),
            Row(S.QUOTED, S.CREATED, "quote ran out"),
            Row(S.QUOTED, S.CANCELLED, "cancel"),
            Row(S.QUOTED, S.EXPIRED, "bounds lapse"),
            Row(S.FUNDS_LOCKED, S.CONFIRMED, "execute"),
            Row(S.FUNDS_LOCKED, S.CANCELLED, "cancel before it is executed"),
            Row(S.FUNDS_LOCKED, S.FAILED, "time ran out before it was executed"),
            Row(S.CONFIRMED, S.RECONCILED, "the books prove it"),
        )
    },
    milestones=(S.CREATED, S.QUOTED, S.FUNDS_LOCKED, S.CONFIRMED, S.RECONCILED),
    settled=S.CONFIRMED,
    texts={
        S.CREATED: "We have received your conversion and are pricing it. The funds are reserved.",
        S.QUOTED: "Your conversion is priced. We are reserving the funds it is paid from.",
        S.FUNDS_LOCKED: "The funds are locked for your conversion. It is about to be carried out.",
        S.CONFIRMED: "Your conversion is done: the converted amount is in your balance.",
        S.RECONCILED: "Your conversion is complete.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=5), "its quote"),
        S.QUOTED: Threshold(timedelta(minutes=5), "its lock"),
        S.FUNDS_LOCKED: Threshold(timedelta(minutes=5), "its posting"),
        S.CONFIRMED: Threshold(timedelta(hours=1), "the proof from the books"),
    },
)
