"""Recalling: the nonce is used up by a transaction that pays nobody, and only that gives the money back."""

import pytest

from approvals.commands import place_halt
from backoffice.console.transfers.headline import sentence
from backoffice.console.transfers.story import read
from tests.transfers.chain.weather import attempts, deep, final, nothing_taken, paid_once, sent, step, told_hashes
from tests.transfers.stack import CONFIRMATIONS, Stack
from tests.transfers.world import FUNDS, PAYEE, World, available, drive_until
from transfers.commands.recall import recall
from transfers.errors import Conflict, Refused
from transfers.models import Leg
from transfers.rails.base import RetryableError
from transfers.rails.registry import rails as configured

pytestmark = pytest.mark.stack


def test_a_waiting_payment_is_recalled_and_the_hold_goes_when_that_is_final(live: World, rails: Stack) -> None:
    before = rails.token_balance(PAYEE)
    transfer = sent(live.order())
    recall(transfer.id, "wrong address")
    step(transfer)
    assert [one.purpose for one in attempts(transfer)] == ["payment", "cancel"]
    assert told_hashes(transfer) == (attempts(transfer)[0].hash, ["tx_hash", "cancelling_tx_hash"])
    assert available() < FUNDS
    drive_until(transfer, "CANCELLED", between=lambda: deep(rails))
    assert (transfer.failure_code, transfer.money_state) == ("recalled", "none")
    assert sentence(read(transfer)) == "Recalled: its nonce was used up, and nothing was paid"
    assert told_hashes(transfer) == (None, ["replaced_tx_hash", "cancelling_tx_hash"])
    assert rails.token_balance(PAYEE) == before
    assert {leg.money_state for leg in Leg.objects.filter(transfer=transfer)} == {"none"}
    nothing_taken()


def test_every_leg_of_an_off_ramp_is_given_back(live: World, rails: Stack) -> None:
    transfer = sent(live.off_ramp())
    recall(transfer.id, "wrong beneficiary")
    drive_until(transfer, "CANCELLED", between=lambda: deep(rails))
    assert {leg.money_state for leg in Leg.objects.filter(transfer=transfer)} == {"none"}
    nothing_taken()


def test_the_payment_may_win_the_race(live: World, rails: Stack) -> None:
    rails.order("originals_first")
    transfer = sent(live.order())
    recall(transfer.id, "wrong address")
    step(transfer)
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert [one.status for one in attempts(transfer)] == ["confirmed", "replaced"]
    assert told_hashes(transfer) == (attempts(transfer)[0].hash, ["tx_hash", "replaced_tx_hash"])
    paid_once()


def test_a_recall_is_final_where_the_chain_does_not_change_any_more(live: World, rails: Stack) -> None:
    """As deep as a payment counts, another branch takes the cancellation away, and the payment's own bytes are mined there."""
    transfer = sent(live.order())
    recall(transfer.id, "wrong address")
    step(transfer)
    deep(rails)
    assert (step(transfer).status, available() < FUNDS) == ("SENT_ON_CHAIN", True)
    rails.order("reorg", depth=CONFIRMATIONS, keep="never")
    configured().evm.broadcast(bytes(attempts(transfer)[0].raw))
    final(rails)
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    paid_once()


def test_what_was_signed_and_must_not_go_on_is_never_sent(live: World, rails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Halted between signature and broadcast: without the recall its nonce would stop the whole wallet."""

    def away(*_: object) -> str:
        raise RetryableError("the node is away")

    with monkeypatch.context() as patched:
        patched.setattr(configured().evm, "broadcast", away)
        transfer = step(live.order())
    assert [one.status for one in attempts(transfer)] == ["signed"]
    place_halt(scope="client", target="acme", reason="sanctions")
    step(transfer)
    assert transfer.stopped_by
    recall(transfer.id, "it is on a list now")
    drive_until(transfer, "CANCELLED", between=lambda: deep(rails))
    assert [(one.purpose, one.status) for one in attempts(transfer)] == [("payment", "replaced"), ("cancel", "confirmed")]
    nothing_taken()


def test_only_what_is_committed_and_not_mined_is_recalled(live: World, rails: Stack) -> None:
    transfer = live.order()
    with pytest.raises(Conflict, match="not yet in a block"):
        recall(transfer.id, "too early")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(configured().evm, "simulate", lambda *_, **__: "no reason given")
        step(transfer)
    assert transfer.last_error.startswith("would_revert")
    with pytest.raises(Conflict, match="cancel it instead"):
        recall(transfer.id, "nothing is committed")
    sent(transfer)
    with pytest.raises(Refused, match="Say why"):
        recall(transfer.id, "")
    rails.mine()
    step(transfer)
    with pytest.raises(Conflict, match="in a block already"):
        recall(transfer.id, "too late")
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
