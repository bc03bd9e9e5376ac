"""Forgotten by every node: sent again, byte for byte; never released, since the bytes stay valid."""

import pytest

from approvals.commands import place_halt
from tests.transfers.chain.weather import attempts, deep, paid_once, sent, step
from tests.transfers.stack import Stack
from tests.transfers.world import FUNDS, PAYEE, UNIT, World, available, drive_until, history
from transfers import machines
from transfers.commands.recall import recall
from transfers.models import WalletReservation
from transfers.states import Route

pytestmark = pytest.mark.stack
ANVIL = True


def test_it_is_told_sent_again_and_paid_once(live: World, rails: Stack) -> None:
    before = rails.token_balance(PAYEE)
    transfer = sent(live.order())
    rails.order("drop")
    assert step(transfer).status == "DROPPED"
    assert available() == FUNDS - 100 * UNIT - UNIT // 2
    assert WalletReservation.objects.get(leg__transfer=transfer).ended_at is None
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert len(attempts(transfer)) == 1
    assert rails.token_balance(PAYEE) == before + 100 * UNIT
    assert [target for _, source, target in history(transfer.id) if source != target][-4:] == [
        "SENT_ON_CHAIN",
        "DROPPED",
        "SENT_ON_CHAIN",
        "CONFIRMED",
    ]
    paid_once()


def test_a_halt_keeps_it_from_being_sent_again_and_it_can_be_recalled(live: World, rails: Stack) -> None:
    transfer = sent(live.order())
    rails.order("drop")
    step(transfer)
    halt = place_halt(scope="client", target="acme", reason="a call from the police")
    assert step(transfer).status == "DROPPED"
    assert "police" in transfer.stopped_by
    assert halt is not None
    recall(transfer.id, "the client asked for it")
    drive_until(transfer, "CANCELLED", between=lambda: deep(rails))
    assert [one.status for one in attempts(transfer)] == ["replaced", "confirmed"]
    assert available() == FUNDS


def test_version_one_sends_it_again_from_where_it_is(live: World, rails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machines.CURRENT_VERSION, Route.ON_CHAIN_WITHDRAWAL, 1)
    transfer = sent(live.order())
    assert transfer.machine_version == 1
    rails.order("drop")
    assert step(transfer).status == "SENT_ON_CHAIN"
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    paid_once()


def test_two_versions_in_flight_at_once_both_finish(live: World, rails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    new = sent(live.order("20.00"))
    with monkeypatch.context() as patched:
        patched.setitem(machines.CURRENT_VERSION, Route.ON_CHAIN_WITHDRAWAL, 1)
        old = sent(live.order("30.00"))
    assert (old.machine_version, new.machine_version) == (1, 2)
    rails.order("drop")
    for transfer in (old, new):
        step(transfer)

    def both() -> None:
        step(old)
        deep(rails)

    drive_until(new, "CONFIRMED", between=both)
    drive_until(old, "CONFIRMED", between=lambda: deep(rails))
    paid_once(taken=50 * UNIT + UNIT)
