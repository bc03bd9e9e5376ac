"""Part or all of a card deposit goes back to the cardholder: held, refunded by the provider, netted in one of its batches."""

from datetime import timedelta

from transfers.machines.base import RouteMachine, S, Threshold
from transfers.states import Row

MACHINE = RouteMachine(
    versions={
        1: (
            Row(S.CREATED, S.FUNDS_LOCKED, "lock funds"),
            Row(S.CREATED, S.CANCELLED, "cancel"),
            Row(S.CREATED, S.EXPIRED, "approval lapses"),
            Row(S.FUNDS_LOCKED, S.CONFIRMED, "refund"),
            Row(S.FUNDS_LOCKED, S.CANCELLED, "cancel before the intent"),
            Row(S.FUNDS_LOCKED, S.FAILED, "refused for good"),
            Row(S.CONFIRMED, S.FIAT_SETTLED, "batch is paid"),
            Row(S.FIAT_SETTLED, S.RECONCILED, "reconcile"),
        )
    },
    milestones=(S.CREATED, S.FUNDS_LOCKED, S.CONFIRMED, S.FIAT_SETTLED, S.RECONCILED),
    settled=S.FIAT_SETTLED,
    texts={
        S.CREATED: "We are refunding a card deposit. The amount is reserved.",
        S.FUNDS_LOCKED: "We are about to refund the card. The amount is reserved.",
        S.CONFIRMED: "The card provider is refunding the card. The amount has left your balance.",
        S.FIAT_SETTLED: "The card is refunded.",
        S.RECONCILED: "The refund is complete.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=10), "being locked"),
        S.FUNDS_LOCKED: Threshold(timedelta(hours=1), "the card provider to take the refund"),
        S.CONFIRMED: Threshold(timedelta(days=14), "a batch of the provider that nets it"),
        S.FIAT_SETTLED: Threshold(timedelta(hours=24), "the provider's settlement report"),
    },
)
