"""Our own tokens from one wallet of ours to another, on a proposal that people have approved."""

from datetime import timedelta

from transfers.machines.base import TO_CHAIN_THRESHOLDS, RouteMachine, S, Threshold
from transfers.states import Row

_BEGIN = (
    Row(S.CREATED, S.FUNDS_LOCKED, "lock funds"),
    Row(S.CREATED, S.CANCELLED, "cancel"),
    Row(S.CREATED, S.EXPIRED, "approval lapses"),
    Row(S.FUNDS_LOCKED, S.SENT_ON_CHAIN, "send"),
    Row(S.FUNDS_LOCKED, S.CANCELLED, "cancel before the intent"),
    Row(S.FUNDS_LOCKED, S.FAILED, "refused for good before sending"),
    Row(S.SENT_ON_CHAIN, S.CONFIRMED, "confirm"),
    Row(S.SENT_ON_CHAIN, S.FAILED, "reverted on chain"),
)
MACHINE = RouteMachine(
    versions={
        1: (*_BEGIN, Row(S.CONFIRMED, S.RECONCILED, "reconcile")),
        2: (
            *_BEGIN,
            Row(S.SENT_ON_CHAIN, S.CANCELLED, "recall is final"),
            Row(S.SENT_ON_CHAIN, S.DROPPED, "every node forgot it"),
            Row(S.DROPPED, S.SENT_ON_CHAIN, "send the same bytes again"),
            Row(S.CONFIRMED, S.REORGED, "its block is gone"),
            Row(S.REORGED, S.SENT_ON_CHAIN, "send the same bytes again"),
            Row(S.CONFIRMED, S.RECONCILED, "reconcile"),
        ),
    },
    milestones=(S.CREATED, S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.CONFIRMED, S.RECONCILED),
    settled=S.CONFIRMED,
    texts={
        S.CREATED: "A move between our own wallets is approved and waits for tokens and gas.",
        S.CONFIRMED: "The tokens are in the other wallet: the blockchain has confirmed it.",
        S.RECONCILED: "The move is complete.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=15), "tokens above the minimum, and gas"),
        **{state: TO_CHAIN_THRESHOLDS[state] for state in (S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.DROPPED, S.REORGED)},
        S.CONFIRMED: Threshold(timedelta(hours=24), "our own chain index to prove it"),
    },
)
