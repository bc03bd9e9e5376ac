"""Payouts against what the account at the bank holds: they wait before anything is sent, and the money that is due is proposed."""

import pytest

from ledger.commands import Line, Posting, post
from ledger.models import Hold
from tests.transfers.levels import set_levels
from tests.transfers.tame import tame_outside
from tests.transfers.world import LONG_AGO, World, drive_until
from transfers.models import ChainTransaction, Leg, Transfer, WalletReservation
from transfers.queries.liquidity import Verdict, liquidity
from transfers.queries.proposals import proposals

NOSTRO = "nostro:nordbank-mxn:MXN"
HELD = 10**11


def move_at_bank(reference: str, amount: int) -> None:
    """Into the nostro; out of it where negative."""
    to, source = (NOSTRO, "house:funding:MXN") if amount > 0 else ("house:funding:MXN", NOSTRO)
    lines = (Line.debit(to, abs(amount)), Line.credit(source, abs(amount)))
    post(Posting(reference=reference, kind="opening_balance", value_at=LONG_AGO, lines=lines))


def waiting(world: World) -> Transfer:
    """A conversion that was priced and then could not be drawn up."""
    transfer = drive_until(world.off_ramp("100.00"), "QUOTED")
    with pytest.raises(AssertionError, match="still QUOTED after 1 passes: payout_account_short"):
        drive_until(transfer, "FUNDS_LOCKED", passes=1)
    return transfer


@pytest.mark.parametrize(
    ("funding", "words"), [("pre_funded", "treasury pays in"), ("just_in_time", "just in time"), ("hybrid", "topped up")]
)
def test_a_payout_that_the_account_does_not_cover_waits_before_anything_is_sent(world: World, funding: str, words: str) -> None:
    set_levels(world, NOSTRO, funding=funding)
    move_at_bank("out", -HELD + 1)
    with tame_outside():
        transfer = waiting(world)
        assert words in transfer.last_error
        assert not Leg.objects.filter(transfer=transfer).exists()
        assert not WalletReservation.objects.exists()
        assert not ChainTransaction.objects.exists()
        assert Hold.objects.get(reference=transfer.hold_reference).amount == transfer.max_total_debit
        assert liquidity()[NOSTRO].verdict is Verdict.SHORT
        (due,) = [one for one in proposals() if one.target.account_code == NOSTRO]
        assert (due.amount, "payments wait" in due.reason) == ((transfer.target_amount or 0) - 1, True)
        move_at_bank("in", due.amount)
        assert drive_until(transfer, "FIAT_SETTLED").status == "FIAT_SETTLED"


def test_what_others_were_promised_does_not_count_twice(world: World) -> None:
    set_levels(world, NOSTRO, funding="just_in_time")
    with tame_outside() as tame:
        tame.signs = False
        first = drive_until(world.off_ramp("100.00"), "FUNDS_LOCKED")
        move_at_bank("out", -HELD + (first.target_amount or 0))
        waiting(world)


def test_where_no_funding_is_agreed_the_bank_alone_decides(world: World) -> None:
    move_at_bank("out", -HELD + 1)
    with tame_outside() as tame:
        tame.signs = False
        assert drive_until(world.off_ramp("100.00"), "FUNDS_LOCKED").status == "FUNDS_LOCKED"
