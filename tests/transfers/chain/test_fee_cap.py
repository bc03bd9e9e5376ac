"""The gas that was reserved is the driver's limit: beyond it people are asked, and raise it, two where it is dear."""

import re

import pytest

from tests.transfers.chain.weather import attempts, deep, has_waited, paid_once, sent, step
from tests.transfers.stack import Stack
from tests.transfers.world import World, acting, drive_until, history
from transfers.commands import dear_speed_up
from transfers.commands.speed_up import promise_of, room_of, why_not_speed_up

pytestmark = pytest.mark.stack


def test_fees_rise_beyond_what_was_reserved_so_people_are_asked_and_speed_it_up(live: World, rails: Stack) -> None:
    transfer = sent(live.order())
    rails.order("fee_spike", factor=4, blocks=30)
    for _ in range(4):
        has_waited(transfer)
        step(transfer)
    bids = len(attempts(transfer))
    assert re.fullmatch(
        r"fee_cap_reached: A higher bid could cost 0\.\d+ ETH for gas, and 0\.\d+ ETH are reserved for it\.", transfer.last_error
    )
    assert [kind for kind, *_ in history(transfer.id)].count("fee_cap_reached") == 1
    assert why_not_speed_up(transfer) == ""
    most = room_of(promise_of(transfer.id)).most
    with acting(live.maker):
        request = dear_speed_up.ask(transfer_id=transfer.id, gas_amount=most, reason="the client waits", maker=live.maker.id)
    step(transfer)
    assert len(attempts(transfer)) == bids
    live.vote_on(request, live.checker)
    step(transfer)
    assert len(attempts(transfer)) == bids + 1
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    paid_once()
