"""Outbidding: the same nonce, a higher fee, every hash watched; whichever is mined pays, and only once."""

import pytest

from ledger.models import LedgerTransaction
from tests.transfers.chain.weather import attempts, deep, has_waited, paid_once, sent, step, told_hashes
from tests.transfers.stack import Stack
from tests.transfers.world import PAYEE, UNIT, Books, World, drive_until
from transfers.commands.speed_up import promise_of, room_of, speed_up
from transfers.errors import Conflict, Refused
from transfers.models import Transfer, WalletReservation

pytestmark = pytest.mark.stack
ANVIL = True


def outbid(live: World) -> Transfer:
    """On chain with two attempts that wait."""
    transfer = sent(live.order())
    has_waited(transfer)
    step(transfer)
    assert [one.status for one in attempts(transfer)] == ["broadcast", "broadcast"]
    assert told_hashes(transfer) == (attempts(transfer)[1].hash, ["tx_hash", "tx_hash"])
    return transfer


def test_what_waits_for_too_long_is_outbid_under_the_same_nonce(live: World, rails: Stack) -> None:
    before = rails.token_balance(PAYEE)
    transfer = outbid(live)
    first, second = attempts(transfer)
    assert second.nonce == first.nonce
    assert second.max_fee_per_gas * 10 >= first.max_fee_per_gas * 11
    assert second.max_fee_per_gas * second.gas_limit <= WalletReservation.objects.get(leg=second.leg).gas_amount
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert [one.status for one in attempts(transfer)] == ["replaced", "confirmed"]
    assert told_hashes(transfer) == (second.hash, ["replaced_tx_hash", "tx_hash"])
    assert rails.token_balance(PAYEE) == before + 100 * UNIT
    paid_once()


def test_the_original_may_be_mined_after_its_replacement_was_sent(live: World, rails: Stack) -> None:
    before = rails.token_balance(PAYEE)
    rails.order("originals_first")
    transfer = outbid(live)
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert [one.status for one in attempts(transfer)] == ["confirmed", "replaced"]
    assert told_hashes(transfer) == (attempts(transfer)[0].hash, ["tx_hash", "replaced_tx_hash"])
    assert rails.token_balance(PAYEE) == before + 100 * UNIT
    assert LedgerTransaction.objects.filter(transaction_id=transfer.id, kind="withdrawal").count() == 1
    paid_once()


def test_fees_rise_so_the_first_bid_is_passed_over_until_somebody_speeds_it_up(live: World, rails: Stack) -> None:
    transfer = sent(live.order())
    rails.order("fee_spike", factor=4, blocks=6)
    rails.mine(2)
    # Some nodes keep what bids too little, others throw it out and do not take it again.
    for _ in range(2):
        assert step(transfer).status in ("SENT_ON_CHAIN", "DROPPED")
    (first,) = attempts(transfer)
    assert (rails.receipt(first.hash), rails.base_fee() > first.max_fee_per_gas) == (None, True)
    speed_up(transfer.id, "the client waits on the phone")
    assert step(transfer).status == "SENT_ON_CHAIN"
    deep(rails)
    assert step(transfer).status == "CONFIRMED"
    first, second = attempts(transfer)
    assert [one.status for one in (first, second)] == ["replaced", "confirmed"]
    # It was the bid that did it, and not that fees had fallen.
    assert rails.base_fee(second.block_number) > first.max_fee_per_gas
    paid_once()


def test_speeding_up_needs_a_reason_and_has_a_limit_and_something_that_waits(live: World, rails: Stack) -> None:
    transfer = live.order()
    with pytest.raises(Conflict, match="Only what waits"):
        speed_up(transfer.id, "hurry")
    sent(transfer)
    before = Books.now()
    with pytest.raises(Refused, match="Say why"):
        speed_up(transfer.id, " ")
    with pytest.raises(Refused, match="two people"):
        speed_up(transfer.id, "hurry", gas_amount=room_of(promise_of(transfer.id)).alone + 1)
    assert Books.now() == before
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))


def test_what_waits_behind_another_is_not_outbid(live: World, rails: Stack) -> None:
    first, second = sent(live.order("10.00")), sent(live.order("20.00"))
    has_waited(second)
    assert step(second).last_error.startswith("nonce_blocked")
    assert len(attempts(second)) == 1
    for transfer in (first, second):
        drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
