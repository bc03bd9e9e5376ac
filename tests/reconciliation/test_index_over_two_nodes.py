"""The index reads every node: what one withholds is read at the other and told, and where they contradict each other it stops."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciliation.commands.fetching import fetch_everything
from reconciliation.commands.indexing import end_disagreement, report_disagreement
from reconciliation.models import Break, ExternalItem, IndexedBlock
from tests.reconciliation.outside import wallet_source
from tests.transfers import world as worlds
from tests.transfers.incoming import TwoNodes, address_of, two_nodes
from transfers.commands.providers import switch_provider
from transfers.rails.evm.nodes import NodesDisagree

pytestmark = pytest.mark.django_db
NETWORK = "ethereum"


@pytest.fixture
def chain(db: None, bound: None) -> Iterator[TwoNodes]:
    worlds.build()
    wallet_source("hot", "0x" + "22" * 20, "wallet:hot-1:USDC.ethereum", 0)
    with two_nodes() as chain:
        yield chain


def paid(chain: TwoNodes) -> int:
    """A deposit of which both nodes know, final; the number of its block."""
    chain.pay(address_of().value, 5_000_000)
    number = chain.first.head()[0]
    chain.mine(chain.first.final_depth)
    return number


def amounts() -> list[int]:
    return [int(item.amount) for item in ExternalItem.objects.order_by("booked_at")]


def breaks() -> list[tuple[str, str]]:
    return list(Break.objects.order_by("opened_at").values_list("severity", "title"))


def lies_of(chain: TwoNodes, number: int) -> None:
    (log,) = chain.second.blocks[number]
    chain.second.blocks[number] = [replace(log, transfer=replace(log.transfer, amount=9_000_000))]


def states() -> list[str]:
    return list(Break.objects.order_by("opened_at").values_list("status", flat=True))


def test_what_both_show_is_read_once_and_nothing_is_told(chain: TwoNodes) -> None:
    paid(chain)
    fetch_everything()
    fetch_everything()
    assert (amounts(), breaks()) == ([5_000_000], [])


@pytest.mark.parametrize("liar", ["first", "second"])
def test_what_one_withholds_is_read_at_the_other_and_people_hear_of_it(chain: TwoNodes, liar: str) -> None:
    node = getattr(chain, liar)
    node.blocks[paid(chain)] = []
    fetch_everything()
    assert amounts() == [5_000_000]
    assert breaks() == [("high", f"{node.name} does not show everything on {NETWORK}")]
    assert "log 0 of 0x" in Break.objects.get().explanation


def test_two_stories_of_one_log_stop_it_and_nothing_is_read(chain: TwoNodes) -> None:
    lies_of(chain, paid(chain))
    fetch_everything()
    fetch_everything()
    assert (amounts(), IndexedBlock.objects.count()) == ([], 0)
    assert breaks() == [("critical", f"The nodes of {NETWORK} contradict each other below final depth")]
    switch_provider(code="node-2", enabled=False, reason="it lies")
    fetch_everything()
    assert amounts() == [5_000_000]
    assert Break.objects.get().status == "resolved"


def test_it_ends_when_both_show_the_same_and_a_next_time_is_another(chain: TwoNodes) -> None:
    first = paid(chain)
    (true,) = chain.second.blocks[first]
    lies_of(chain, first)
    fetch_everything()
    chain.second.blocks[first] = [true]
    fetch_everything()
    assert (amounts(), states()) == ([5_000_000], ["resolved"])
    lies_of(chain, paid(chain))
    fetch_everything()
    assert (amounts(), states()) == ([5_000_000], ["resolved", "open"])


def test_one_that_falls_silent_after_it_lied_has_ended_nothing(chain: TwoNodes) -> None:
    lies_of(chain, paid(chain))
    fetch_everything()
    chain.second.is_away = True
    fetch_everything()
    assert (amounts(), states()) == ([5_000_000], ["open"])


def test_the_same_lie_again_is_told_again(chain: TwoNodes) -> None:
    error = NodesDisagree("node-2 shows log 0 otherwise", provider="node-2", code="nodes_disagree")
    for _ in range(2):
        assert report_disagreement(network=NETWORK, error=error) == report_disagreement(network=NETWORK, error=error)
        end_disagreement(network=NETWORK)
    assert states() == ["resolved", "resolved"]


def test_another_branch_below_final_depth_stops_it_too(chain: TwoNodes) -> None:
    paid(chain)
    chain.second.reorg(chain.second.final_depth + 1)
    fetch_everything()
    assert (amounts(), IndexedBlock.objects.count()) == ([], 0)
    assert "is 0x" in Break.objects.get(severity="critical").explanation


@pytest.mark.parametrize("away", ["first", "second"])
def test_one_that_is_away_keeps_nobody_from_reading(chain: TwoNodes, away: str) -> None:
    paid(chain)
    getattr(chain, away).is_away = True
    fetch_everything()
    assert (amounts(), breaks()) == ([5_000_000], [])


def test_one_that_is_behind_delays_and_one_that_has_stopped_does_not(chain: TwoNodes) -> None:
    number = paid(chain)
    chain.second.blocks = chain.second.blocks[: number + chain.second.final_depth - 1]
    fetch_everything()
    assert amounts() == []
    chain.first.mine(chain.first.final_depth)
    fetch_everything()
    assert (amounts(), breaks()) == ([5_000_000], [])
