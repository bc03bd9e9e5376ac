"""Whatever the sandbox chain is ordered to do, our side pays exactly once, by the chain's and the bank's own count."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from backoffice.sandbox.chain.orders import KINDS, ChainOrders, OrderRefused
from tests.reconciliation import outside
from tests.transfers.chain.bad_days import DRIVES, ENDED_IN, Story
from tests.transfers.stack import Stack
from tests.transfers.world import World
from transfers.models import ChainTransaction

pytestmark = pytest.mark.stack
STORIES = {"withdrawal": Story.withdrawal, "payout": Story.payout}


@pytest.fixture(autouse=True)
def nothing_waits(live: World, rails: Stack) -> Iterator[None]:
    """A drive that fails must not stop the others: what it signed uses up its nonce before the next one."""
    yield
    rails.obey()
    for sent in ChainTransaction.objects.order_by("nonce", "attempt"):
        with ChainOrders(rails.rails.chain_rpc_url) as node, suppress(OrderRefused):
            node._call("eth_sendRawTransaction", "0x" + bytes(sent.raw).hex())
    rails.mine()


def test_every_order_has_a_drive() -> None:
    assert set(DRIVES) | set(ENDED_IN) == set(KINDS)
    assert set(ENDED_IN.values()) <= set(DRIVES)


@pytest.mark.parametrize("begin", STORIES.values(), ids=STORIES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ENDED_IN])
def test_it_is_paid_once(live: World, rails: Stack, kind: str, begin: Callable[[World, Stack], Story]) -> None:
    outside.begin_to_read(rails)
    DRIVES[kind](begin(live, rails))
