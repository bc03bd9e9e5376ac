"""Two nodes must tell one story; one that is away costs depth, one that lies costs time, and neither costs money."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from backoffice.alerts.rules.nodes import NodesDisagree
from backoffice.sandbox.chain.orders import KINDS
from tests.transfers.chain.bad_days import ENDED_IN
from tests.transfers.chain.deposit_cases import ALONE, SECOND, cases
from tests.transfers.chain.deposit_days import DRIVES, Deposit
from tests.transfers.chain.weather import attempts, deep, final, paid_once, sent, step, watch
from tests.transfers.incoming import address_of
from tests.transfers.stack import CONFIRMATIONS, FINAL_DEPTH, Stack
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, World, drive_until, history, posted
from transfers.commands.deposits.watching import watch as watch_deposits
from transfers.commands.exchanges import keep
from transfers.commands.providers import switch_provider
from transfers.models import Transfer
from transfers.rails import registry
from transfers.rails.registry import Rails

pytestmark = pytest.mark.stack
TWO_NODES = True


def test_what_both_show_is_confirmed_at_the_usual_depth(live: World, rails: Stack) -> None:
    transfer = sent(live.order())
    rails.mine(CONFIRMATIONS)
    assert step(transfer).status == "CONFIRMED"
    paid_once()


@pytest.mark.parametrize("what", ["amount", "status", "no_log", "missing"])
def test_nothing_is_decided_while_one_lies(live: World, rails: Stack, what: str) -> None:
    transfer = sent(live.order())
    rails.order_second("lie", what=what)
    final(rails)
    assert step(transfer).status == "SENT_ON_CHAIN"
    assert transfer.last_error.startswith("nodes_disagree")
    assert transfer.money_state == "reserved"
    (alert,) = NodesDisagree().find() or []
    assert transfer.reference in alert.detail
    rails.obey()
    drive_until(transfer, "CONFIRMED")
    assert NodesDisagree().find() == []
    paid_once()


def test_one_that_is_set_aside_is_not_believed_and_the_other_alone_only_at_final_depth(live: World, rails: Stack) -> None:
    transfer = sent(live.order())
    rails.order_second("lie", what="status")
    deep(rails)
    assert step(transfer).last_error.startswith("nodes_disagree")
    switch_provider(code="node-2", enabled=False, reason="it contradicts three explorers")
    assert step(transfer).status == "SENT_ON_CHAIN"
    rails.mine(FINAL_DEPTH - CONFIRMATIONS)
    assert step(transfer).status == "CONFIRMED"
    paid_once()


@pytest.mark.parametrize("away", ["order", "order_second"])
def test_one_that_is_away_is_done_without(live: World, rails: Stack, away: str) -> None:
    getattr(rails, away)("down")
    transfer = sent(live.order())
    deep(rails)
    assert step(transfer).status == "SENT_ON_CHAIN"
    final(rails)
    assert step(transfer).status == "CONFIRMED"
    paid_once()


def test_what_is_confirmed_is_not_taken_back_on_the_word_of_one(live: World, rails: Stack) -> None:
    transfer: Transfer = drive_until(live.order(), "CONFIRMED", between=rails.mine)
    rails.order_second("lie", what="missing")
    assert watch(transfer).status == "CONFIRMED"
    assert transfer.last_error.startswith("nodes_disagree")
    assert attempts(transfer)[0].watch_at is not None
    rails.obey()
    assert watch(transfer).last_error == ""
    assert "REORGED" not in [target for *_, target in history(transfer.id)]


def test_a_reorg_that_both_show_is_believed(live: World, rails: Stack) -> None:
    transfer = drive_until(live.order(), "CONFIRMED", between=rails.mine)
    block = attempts(transfer)[0].block_number
    assert block is not None
    rails.order("reorg", depth=rails.height() - block + 1, keep="later")
    assert watch(transfer).status == "REORGED"
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    paid_once()


def test_a_deposit_is_credited_once_at_final_depth_and_not_while_one_lies(live: World, rails: Stack) -> None:
    rails.fund(address_of().value, wei=0, token=250 * UNIT)
    watch_deposits()
    deposit = Transfer.objects.get(route="chain_deposit")
    rails.mine(FINAL_DEPTH - 2)
    assert (step(deposit).status, posted(ACCOUNT)) == ("CREATED", FUNDS)
    rails.order_second("lie", what="amount")
    rails.mine()
    assert step(deposit).last_error.startswith("nodes_disagree")
    assert [alert.transfer_id for alert in NodesDisagree().find() or []] == [deposit.pk]
    rails.obey()
    assert (step(deposit).status, posted(ACCOUNT)) == ("CONFIRMED", FUNDS + 250 * UNIT)
    rails.order_second("lie", what="missing")
    assert step(deposit).last_error.startswith("nodes_disagree")
    assert (deposit.status, posted(ACCOUNT)) == ("CONFIRMED", FUNDS + 250 * UNIT)


def test_every_order_has_a_drive_over_a_deposit() -> None:
    assert set(DRIVES) | set(ENDED_IN) == set(KINDS)


@pytest.fixture
def asked(request: pytest.FixtureRequest, live: World, rails: Stack) -> Iterator[str]:
    """Our side asks both nodes, or knows the first one only, for the length of the test."""
    node = str(request.param)
    if node != ALONE:
        yield node
        return
    lone = Rails(replace(rails.rails, chain_rpc_url_2=""), recorder=keep)
    before = registry.use(lone)
    yield node
    registry.use(before)
    lone.close()


@pytest.mark.parametrize(
    ("kind", "way", "asked"),
    list(cases()),
    indirect=["asked"],
    ids=lambda one: "-".join(one.values()) if isinstance(one, dict) else one,
)
def test_a_deposit_is_credited_once_whatever_is_ordered(rails: Stack, kind: str, way: dict[str, str], asked: str) -> None:
    url = rails.rails.chain_rpc_url_2 if asked == SECOND else rails.rails.chain_rpc_url
    DRIVES[kind](Deposit.begin(rails, url=url, witnessed=asked != ALONE), **way)
