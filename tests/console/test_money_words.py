"""The money of a transfer in words: whose it is after a reversal depends on where it was going."""

from types import SimpleNamespace
from typing import Any

import pytest

from backoffice.console.transfers import money
from transfers.states import MoneyState, Route


def _story(route: Route, state: MoneyState) -> Any:
    return SimpleNamespace(transfer=SimpleNamespace(route=route.value, money_state=state.value))


@pytest.mark.parametrize("route", [Route.CHAIN_DEPOSIT, Route.BANK_DEPOSIT, Route.CARD_DEPOSIT])
def test_a_deposit_that_is_reversed_has_left_the_client(route: Route) -> None:
    assert money.sentence(_story(route, MoneyState.REVERSED)).endswith("it has left the client's balance again")


@pytest.mark.parametrize("route", [Route.OFF_RAMP, Route.ON_CHAIN_WITHDRAWAL])
def test_a_withdrawal_that_is_reversed_is_with_the_client(route: Route) -> None:
    assert money.sentence(_story(route, MoneyState.REVERSED)).endswith("the client has it back")


def test_a_reversal_is_called_by_what_it_reverses() -> None:
    posting: Any = SimpleNamespace(kind="network_fee.reversal", reverses_id=1)
    assert money._title(posting) == "Reversal of network fee"
