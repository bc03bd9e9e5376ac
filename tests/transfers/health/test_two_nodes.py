"""Two nodes: new work needs one of them, and each is found out about by a question to itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.models import Corridor
from audit import clock
from tests.transfers import world as worlds
from transfers.health import gate, probing
from transfers.health.corridors import missing
from transfers.models import ProviderState
from transfers.queries.providers import lanes, standings
from transfers.rails import registry
from transfers.rails.base import RetryableError
from transfers.rails.evm import EvmRail
from transfers.rails.registry import Rails, RailSettings

pytestmark = [pytest.mark.usefixtures("bound"), pytest.mark.django_db]
TWO = RailSettings(chain_rpc_url="http://127.0.0.1:1", chain_rpc_url_2="http://127.0.0.1:2")
FIRST, SECOND = "Network node", "Second network node"


@pytest.fixture
def used() -> Iterator[Rails]:
    rails = Rails(TWO)
    before = registry.use(rails)
    yield rails
    registry.use(before)
    rails.close()


def fail(*codes: str) -> None:
    for code in codes:
        for _ in range(5):
            gate.report(code, RetryableError("connection refused"), 12)


def walled() -> set[str]:
    return {name for corridor in Corridor.objects.filter(active=True) for name in missing(corridor)}


@pytest.mark.parametrize(
    ("out", "waits_for"),
    [(("node",), set()), (("node-2",), set()), (("node", "node-2"), {FIRST, SECOND}), (("signer",), {"Signer"})],
)
def test_new_work_goes_on_while_one_node_is_left(used: Rails, out: tuple[str, ...], waits_for: set[str]) -> None:
    worlds.build()
    fail(*out)
    assert walled() == waits_for
    assert any(lane.is_walled_off for lane in lanes()) == bool(waits_for)


def test_a_second_node_that_nobody_has_configured_helps_nobody_and_is_not_shown(used: Rails) -> None:
    worlds.build()
    before = registry.use(Rails(replace(TWO, chain_rpc_url_2="")))
    try:
        fail("node")
        assert walled() == {FIRST}
        assert SECOND not in [one.provider.name for one in standings()]
    finally:
        registry.use(before)
    assert SECOND in [one.provider.name for one in standings()]


@pytest.mark.parametrize(("back", "still_out"), [("node", "node-2"), ("node-2", "node")])
def test_each_node_is_tried_out_by_itself(used: Rails, monkeypatch: pytest.MonkeyPatch, back: str, still_out: str) -> None:
    def head(node: EvmRail) -> tuple[int, str]:
        if node.name != back:
            raise RetryableError("connection refused", provider=node.name)
        return 1, "0x01"

    monkeypatch.setattr(EvmRail, "head", head)
    fail("node", "node-2")
    later = clock.now() + timedelta(hours=1)
    with clock.using(lambda: later):
        assert probing.probe_due() == 2
    assert {row.provider_id: row.state for row in ProviderState.objects.all()} == {back: "closed", still_out: "open"}
