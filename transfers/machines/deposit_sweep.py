"""Tokens that clients have paid in, from a client's deposit address to the hot wallet. No person approves it: the money is ours to
keep safe on both sides, and the signer lets it go nowhere else."""

from datetime import timedelta

from transfers.machines.base import TO_CHAIN_THRESHOLDS, RouteMachine, S, Threshold
from transfers.states import Row

# From 2 on, as everywhere: what the network forgets or takes back is known to every step.
MACHINE = RouteMachine(
    versions={
        2: (
            Row(S.CREATED, S.FUNDS_LOCKED, "reserve gas"),
            Row(S.CREATED, S.CANCELLED, "cancel"),
            Row(S.CREATED, S.EXPIRED, "not begun within a day"),
            Row(S.FUNDS_LOCKED, S.SENT_ON_CHAIN, "send"),
            Row(S.FUNDS_LOCKED, S.CANCELLED, "cancel before the intent"),
            Row(S.FUNDS_LOCKED, S.FAILED, "refused for good before sending"),
            Row(S.SENT_ON_CHAIN, S.CONFIRMED, "confirm"),
            Row(S.SENT_ON_CHAIN, S.FAILED, "reverted on chain"),
            Row(S.SENT_ON_CHAIN, S.CANCELLED, "recall is final"),
            Row(S.SENT_ON_CHAIN, S.DROPPED, "every node forgot it"),
            Row(S.DROPPED, S.SENT_ON_CHAIN, "send the same bytes again"),
            Row(S.CONFIRMED, S.REORGED, "its block is gone"),
            Row(S.REORGED, S.SENT_ON_CHAIN, "send the same bytes again"),
            Row(S.CONFIRMED, S.RECONCILED, "reconcile"),
        )
    },
    milestones=(S.CREATED, S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.CONFIRMED, S.RECONCILED),
    settled=S.CONFIRMED,
    texts={
        S.CREATED: "Tokens on a deposit address are to be brought to the hot wallet.",
        S.FUNDS_LOCKED: "Gas is reserved. The tokens are about to be brought to the hot wallet.",
        S.SENT_ON_CHAIN: "The tokens are on their way to the hot wallet and wait for confirmation.",
        S.CONFIRMED: "The tokens are in the hot wallet: the blockchain has confirmed it.",
        S.RECONCILED: "The tokens are in the hot wallet, and our own chain index has proved it.",
        S.FAILED: "The tokens could not be moved. They are still on the deposit address.",
        S.CANCELLED: "The tokens were not moved. They are still on the deposit address.",
        S.EXPIRED: "The tokens were not moved in time. They are still on the deposit address.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(hours=1), "gas in the hot wallet, at a price that is worth it"),
        **{state: TO_CHAIN_THRESHOLDS[state] for state in (S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.DROPPED, S.REORGED)},
        S.CONFIRMED: Threshold(timedelta(hours=24), "our own chain index to prove it"),
    },
)
