"""Money that arrived and is nobody's goes back: tokens to an address that two people have stated, a bank payment to its debtor.

On a chain the versions begin with 2: from that number on what the network forgets or takes back is known to every step.
"""

from datetime import timedelta

from transfers.machines.base import TO_CHAIN_THRESHOLDS, RouteMachine, S, Threshold
from transfers.states import Row, Status

_BEGINS = (
    Row(S.CREATED, S.FUNDS_LOCKED, "lock funds"),
    Row(S.CREATED, S.CANCELLED, "cancel"),
    Row(S.CREATED, S.EXPIRED, "approval lapses"),
    Row(S.FUNDS_LOCKED, S.CANCELLED, "cancel before the intent"),
    Row(S.FUNDS_LOCKED, S.FAILED, "refused for good before sending"),
)
_TEXTS: dict[Status, str] = {
    S.CREATED: "Money that arrived is being sent back.",
    S.FUNDS_LOCKED: "The money is set aside to be sent back.",
    S.CANCELLED: "The money was not sent back. It is still with us.",
    S.EXPIRED: "The money was not sent back in time. It is still with us.",
    S.FAILED: "The money could not be sent back. It is still with us.",
    S.RECONCILED: "The money was sent back.",
}
ON_CHAIN = RouteMachine(
    versions={
        2: (
            *_BEGINS,
            Row(S.FUNDS_LOCKED, S.SENT_ON_CHAIN, "send"),
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
        **_TEXTS,
        S.SENT_ON_CHAIN: "The money was sent back over the blockchain and is waiting for confirmation.",
        S.CONFIRMED: "The money was sent back: the blockchain has confirmed it.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=15), "tokens in the hot wallet, and gas"),
        **{state: TO_CHAIN_THRESHOLDS[state] for state in (S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.DROPPED, S.REORGED)},
        S.CONFIRMED: Threshold(timedelta(hours=24), "our own chain index to prove it"),
    },
)
BY_BANK = RouteMachine(
    versions={
        1: (
            *_BEGINS,
            Row(S.FUNDS_LOCKED, S.CONFIRMED, "book it out of the unallocated money"),
            Row(S.CONFIRMED, S.FIAT_SETTLED, "bank settles"),
            Row(S.CONFIRMED, S.FAILED, "bank rejects"),
            Row(S.FIAT_SETTLED, S.RECONCILED, "reconcile"),
            Row(S.FIAT_SETTLED, S.FAILED, "bank returns"),
            Row(S.RECONCILED, S.FAILED, "bank returns"),
        )
    },
    milestones=(S.CREATED, S.FUNDS_LOCKED, S.CONFIRMED, S.FIAT_SETTLED, S.RECONCILED),
    settled=S.FIAT_SETTLED,
    texts={
        **_TEXTS,
        S.CONFIRMED: "The bank is being asked to pay the money back.",
        S.FIAT_SETTLED: "The bank has paid the money back.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=15), "being drawn up"),
        S.FUNDS_LOCKED: Threshold(timedelta(minutes=15), "being booked out of the unallocated money"),
        S.CONFIRMED: Threshold(timedelta(hours=24), "the bank to settle the payment"),
        S.FIAT_SETTLED: Threshold(timedelta(hours=48), "the booked debit on the bank's statement"),
    },
)
