"""What a bank's final words mean: paid on our account or the payee's, rejected or cancelled."""

from collections.abc import Iterator

import pytest

from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import FUNDS, World, available, drive_until
from transfers.models import Transfer


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


@pytest.mark.parametrize("word", ["ACSC", "ACCC"])
def test_a_payment_that_is_settled_on_either_account_is_paid(world: World, tame: Tame, word: str) -> None:
    tame.bank_says = word
    assert drive_until(world.off_ramp("40.00"), "FIAT_SETTLED").money_state == "posted"


@pytest.mark.parametrize("word", ["RJCT", "CANC"])
def test_a_payment_that_is_rejected_or_cancelled_is_given_back(world: World, tame: Tame, word: str) -> None:
    tame.bank_says = word
    transfer = drive_until(world.off_ramp("40.00"), "FAILED")
    assert (transfer.failure_code, transfer.money_state, available()) == ("bank_rejected", "reversed", FUNDS)


@pytest.mark.parametrize("word", ["ACSP", "PDNG", "ACWC", "BLCK"])
def test_any_other_word_decides_nothing(world: World, tame: Tame, word: str) -> None:
    tame.bank_says = word
    transfer = world.off_ramp("40.00")
    with pytest.raises(AssertionError, match="still CONFIRMED"):
        drive_until(transfer, "FIAT_SETTLED", passes=6)
    assert Transfer.objects.get().money_state == "posted"
