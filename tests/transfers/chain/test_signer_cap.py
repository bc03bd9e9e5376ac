"""A network that asks for more than the signer may pay keeps payments waiting: nothing is signed, and nothing has failed."""

import re
from datetime import timedelta

import pytest

from audit import clock
from tests.transfers.chain.weather import attempts, deep, nothing_taken, paid_once, step
from tests.transfers.stack import Stack
from tests.transfers.world import World, drive_until, history
from transfers.api.responses import write_transfer
from transfers.commands.cancel import cancel, why_not_cancel
from transfers.commands.nonces import earliest, mend_gaps
from transfers.failures import FAILURES
from transfers.locks import legs
from transfers.models import ProviderCall, Transfer, WalletReservation

pytestmark = pytest.mark.stack
# In prices of an ordinary base fee, which is one gwei. The sandbox's signer pays 500 at the most.
SPIKE = 300


@pytest.fixture
def waiting(live: World, rails: Stack) -> Transfer:
    spike(rails)
    return drive_until(live.order(), "FUNDS_LOCKED")


def spike(rails: Stack) -> None:
    rails.order("fee_spike", factor=SPIKE, blocks=40)
    # Fees are calm again when the newest block says so: the spike has to be in one first.
    rails.mine()


def test_it_waits_without_an_intent_and_is_paid_once_fees_have_fallen(waiting: Transfer, rails: Stack) -> None:
    for _ in range(2):
        step(waiting)
        assert (waiting.status, waiting.request_state) == ("FUNDS_LOCKED", "received")
    said = r"fees_above_cap: network fees are above what our signer may pay: \d+(\.\d+)? gwei asked, 500 at most"
    assert re.fullmatch(said, waiting.last_error)
    assert write_transfer(waiting)["status_text"] == FAILURES["fees_above_cap"].client_text
    assert [kind for kind, *_ in history(waiting.id)].count("fee_cap_reached") == 1
    assert not ProviderCall.objects.filter(transfer=waiting, operation="sign").exists()
    assert not attempts(waiting)
    assert WalletReservation.objects.get(leg__transfer=waiting).ended_at is None
    assert (earliest("hot-1"), mend_gaps()) == (None, 0)
    rails.calm_fees()
    drive_until(waiting, "CONFIRMED", between=lambda: deep(rails))
    assert [one.attempt for one in attempts(waiting)] == [1]
    paid_once()


def test_it_can_be_cancelled_while_it_waits_and_leaves_no_gap(waiting: Transfer, live: World, rails: Stack) -> None:
    step(waiting)
    assert why_not_cancel(waiting, legs(waiting.id)) == ""
    assert cancel(waiting.id, "fees are too high").status == "CANCELLED"
    nothing_taken()
    rails.calm_fees()
    drive_until(live.order(), "CONFIRMED", between=lambda: deep(rails))
    paid_once()


def test_its_not_after_ends_it(waiting: Transfer) -> None:
    step(waiting)
    assert waiting.not_after is not None
    late = waiting.not_after + timedelta(seconds=1)
    with clock.using(lambda: late):
        step(waiting)
    assert (waiting.status, waiting.failure_code) == ("FAILED", "bounds_expired")
    assert not ProviderCall.objects.filter(transfer=waiting, operation="sign").exists()
    nothing_taken()
