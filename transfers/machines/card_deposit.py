"""A card is charged for a client: authorised, captured, on hold until the provider's batch is in our bank account."""

from datetime import timedelta

from transfers.machines.base import RouteMachine, S, Threshold
from transfers.states import Row

MACHINE = RouteMachine(
    versions={
        1: (
            Row(S.CREATED, S.FUNDS_LOCKED, "authorise"),
            Row(S.CREATED, S.FAILED, "card declined"),
            Row(S.FUNDS_LOCKED, S.CONFIRMED, "capture"),
            Row(S.FUNDS_LOCKED, S.FAILED, "capture refused"),
            Row(S.CONFIRMED, S.FIAT_SETTLED, "batch is paid"),
            Row(S.FIAT_SETTLED, S.RECONCILED, "reconcile"),
        )
    },
    milestones=(S.CREATED, S.FUNDS_LOCKED, S.CONFIRMED, S.FIAT_SETTLED, S.RECONCILED),
    settled=S.FIAT_SETTLED,
    texts={
        S.CREATED: "We are charging the card.",
        S.FUNDS_LOCKED: "The card is authorised. We are charging it.",
        S.CONFIRMED: "The card is charged. The money is in your balance, on hold until the card provider has paid us.",
        S.FIAT_SETTLED: "Your deposit is available: the card provider has paid us.",
        S.RECONCILED: "Your deposit is complete.",
    },
    thresholds={
        S.CREATED: Threshold(timedelta(minutes=10), "the card's authorisation"),
        S.FUNDS_LOCKED: Threshold(timedelta(hours=1), "the card to be charged"),
        S.CONFIRMED: Threshold(timedelta(days=4), "the provider's batch at our bank"),
        S.FIAT_SETTLED: Threshold(timedelta(hours=24), "the provider's settlement report"),
    },
)
