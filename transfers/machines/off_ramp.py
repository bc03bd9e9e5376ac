"""Tokens to the liquidity partner, local currency from our nostro to the beneficiary's bank account."""

from datetime import timedelta

from transfers.machines.base import TO_CHAIN_1, TO_CHAIN_2, TO_CHAIN_THRESHOLDS, RouteMachine, S, Threshold
from transfers.states import Row

_AT_THE_BANK = (
    Row(S.CONFIRMED, S.FIAT_SETTLED, "bank settles"),
    Row(S.CONFIRMED, S.FAILED, "bank rejects"),
    Row(S.FIAT_SETTLED, S.RECONCILED, "reconcile"),
)
# Paid is not for ever: a bank sends money back days later.
_COMES_BACK = (
    Row(S.FIAT_SETTLED, S.FAILED, "bank returns"),
    Row(S.RECONCILED, S.FAILED, "bank returns"),
)
MACHINE = RouteMachine(
    versions={1: (*TO_CHAIN_1, *_AT_THE_BANK), 2: (*TO_CHAIN_2, *_AT_THE_BANK, *_COMES_BACK)},
    milestones=(S.CREATED, S.QUOTED, S.FUNDS_LOCKED, S.SENT_ON_CHAIN, S.CONFIRMED, S.FIAT_SETTLED, S.RECONCILED),
    settled=S.FIAT_SETTLED,
    texts={
        S.SENT_ON_CHAIN: "Your funds are on their way to our liquidity partner.",
        S.CONFIRMED: "The conversion is done. The bank is paying out to your beneficiary.",
        S.FIAT_SETTLED: "The bank has paid your beneficiary.",
        S.RECONCILED: "Your transfer is complete.",
    },
    thresholds={
        **TO_CHAIN_THRESHOLDS,
        S.CONFIRMED: Threshold(timedelta(hours=4), "the bank to settle the payout"),
        S.FIAT_SETTLED: Threshold(timedelta(hours=24), "the booked debit on the bank statement"),
    },
)
