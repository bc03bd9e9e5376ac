"""Two nodes written by others: one that is away costs depth, and one on another branch costs time; neither costs money."""

import secrets
from collections.abc import Iterator

import pytest
from django.db import connection

from tests.transfers import stack as stacks
from tests.transfers.chain import anvil, anvil_pair
from tests.transfers.chain.anvil_pair import AnvilPair
from tests.transfers.chain.weather import deep, final, paid_once, sent, step
from tests.transfers.stack import Processes
from tests.transfers.world import World, drive_until

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def stack(test_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnvilPair]:
    anvil.binary()
    processes, pair = Processes(tmp_path_factory.mktemp("stack")), None
    name = f"{connection.settings_dict['NAME']}_signer_{secrets.token_hex(4)}"
    try:
        pair = anvil_pair.start(processes, stacks.create_database(connection.settings_dict, name))
        yield pair
    finally:
        if pair is not None:
            pair.stop()
        processes.stop()
        stacks.drop_database(connection.settings_dict, name)


@pytest.mark.parametrize("what", ["amount", "status", "no_log", "missing"])
def test_nothing_is_decided_while_one_tells_another_story(live: World, rails: AnvilPair, what: str) -> None:
    transfer = sent(live.order())
    rails.order_second("lie", what=what)
    final(rails)
    assert step(transfer).status == "SENT_ON_CHAIN"
    assert transfer.last_error.startswith("nodes_disagree")
    assert transfer.money_state == "reserved"
    rails.obey()
    drive_until(transfer, "CONFIRMED")
    paid_once()


@pytest.mark.parametrize("away", ["order", "order_second"])
def test_one_that_is_away_is_done_without_at_final_depth(live: World, rails: AnvilPair, away: str) -> None:
    getattr(rails, away)("down")
    transfer = sent(live.order())
    deep(rails)
    assert step(transfer).status == "SENT_ON_CHAIN"
    final(rails)
    assert step(transfer).status == "CONFIRMED"
    paid_once()
