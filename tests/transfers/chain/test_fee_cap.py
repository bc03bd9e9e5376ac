"""The gas that was reserved is the driver's limit: beyond it people are asked, and an operator may raise it, with a reason."""

import pytest

from tests.transfers.chain.test_replacement import most
from tests.transfers.chain.weather import attempts, deep, has_waited, paid_once, sent, step
from tests.transfers.stack import Stack
from tests.transfers.world import World, acting, drive_until, history
from transfers.commands.speed_up import speed_up, why_not_speed_up

pytestmark = pytest.mark.stack


def test_fees_rise_beyond_what_was_reserved_so_people_are_asked_and_speed_it_up(live: World, rails: Stack) -> None:
    transfer = sent(live.order())
    rails.order("fee_spike", factor=4, blocks=30)
    for _ in range(4):
        has_waited(transfer)
        step(transfer)
    bids = len(attempts(transfer))
    assert transfer.last_error.startswith("fee_cap_reached")
    assert [kind for kind, *_ in history(transfer.id)].count("fee_cap_reached") == 1
    assert why_not_speed_up(transfer) == ""
    with acting(live.maker):
        speed_up(transfer.id, "the client waits on the phone", gas_amount=most(transfer))
    step(transfer)
    assert len(attempts(transfer)) == bids + 1
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    paid_once()
