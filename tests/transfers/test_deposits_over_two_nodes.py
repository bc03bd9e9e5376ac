"""Deposits while two nodes tell of them: neither credited nor taken back on what only one of them says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from audit import clock
from backoffice.alerts.rules.reorgs import WAITS, Unproved
from tests.transfers.incoming import TwoNodes, address_of, two_nodes
from tests.transfers.test_chain_deposits import everything_holds, look
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, World, history, posted
from transfers.commands.deposits.watching import watch
from transfers.models import ScanMark, Transfer

DEPOSIT = 250 * UNIT


@pytest.fixture
def nodes(world: World) -> Iterator[TwoNodes]:
    with two_nodes() as nodes:
        yield nodes


def seen(nodes: TwoNodes) -> Transfer:
    nodes.pay(address_of().value, DEPOSIT)
    assert watch() == 1
    return Transfer.objects.get()


def credited(nodes: TwoNodes) -> Transfer:
    transfer = seen(nodes)
    nodes.mine(2)
    assert look(transfer).status == "CONFIRMED"
    return transfer


def still_credited(transfer: Transfer) -> None:
    assert "REORGED" not in [target for *_, target in history(transfer.id)]
    assert (transfer.status, posted(ACCOUNT)) == ("CONFIRMED", FUNDS + DEPOSIT)
    everything_holds()


@pytest.mark.parametrize("away", ["first", "second"])
def test_while_one_node_is_away_nothing_is_credited_above_final_depth(nodes: TwoNodes, away: str) -> None:
    getattr(nodes, away).is_away = True
    transfer = seen(nodes)
    nodes.mine(1)
    assert (look(transfer).status, posted(ACCOUNT)) == ("CREATED", FUNDS)
    nodes.mine(1)
    assert (look(transfer).status, posted(ACCOUNT)) == ("CONFIRMED", FUNDS + DEPOSIT)


def test_what_only_one_node_shows_is_not_credited_however_deep(nodes: TwoNodes) -> None:
    nodes.second.pay(address_of().value, DEPOSIT)
    nodes.first.mine(1)
    nodes.first.reorg(1)
    assert watch() == 1
    nodes.mine(5)
    transfer = look(Transfer.objects.get())
    assert transfer.last_error.startswith("nodes_disagree")
    assert (transfer.status, posted(ACCOUNT)) == ("CREATED", FUNDS)


def test_what_is_credited_is_not_taken_back_because_one_node_is_on_another_branch(nodes: TwoNodes) -> None:
    transfer = credited(nodes)
    nodes.second.reorg(3)
    assert look(transfer).last_error.startswith("nodes_disagree")
    still_credited(transfer)


def test_what_is_credited_is_not_taken_back_on_the_word_of_the_one_that_answers(nodes: TwoNodes) -> None:
    transfer = credited(nodes)
    nodes.second.reorg(3)
    nodes.first.is_away = True
    for _ in range(2):
        look(transfer)
    assert transfer.last_error.startswith("reorg_unproved: ")
    assert [kind for kind, *_ in history(transfer.id)].count("reorg_unproved") == 1
    still_credited(transfer)
    assert Unproved().find() == []
    with clock.using(lambda: datetime.now(UTC) + WAITS + timedelta(seconds=1)):
        assert [found.transfer_id for found in Unproved().find() or []] == [transfer.pk]
    nodes.first.is_away = False
    nodes.first.reorg(3)
    assert (look(transfer).status, posted(ACCOUNT)) == ("REORGED", FUNDS)
    everything_holds()


def test_what_one_node_alone_said_is_forgotten_when_both_show_it_again(nodes: TwoNodes) -> None:
    transfer = credited(nodes)
    nodes.first.is_away = nodes.second.is_away = True
    nodes.first.is_away = False
    kept = list(nodes.first.blocks), list(nodes.first.born), nodes.first.forks
    nodes.first.reorg(3)
    assert look(transfer).last_error.startswith("reorg_unproved: ")
    nodes.first.blocks, nodes.first.born, nodes.first.forks = kept
    nodes.second.is_away = False
    assert look(transfer).last_error == ""
    still_credited(transfer)


def test_what_both_show_in_another_block_waits_until_they_agree_which(nodes: TwoNodes) -> None:
    transfer = credited(nodes)
    for node in (nodes.first, nodes.second):
        node.reorg(3)
    nodes.second.reorg(1)
    nodes.first.pay(address_of().value, DEPOSIT)
    still_credited(look(transfer))


def test_a_node_that_lags_for_a_day_makes_no_deposit_vanish(nodes: TwoNodes) -> None:
    transfer = seen(nodes)
    nodes.first.mine(2)
    nodes.second.blocks.pop()
    assert (look(transfer).status, transfer.last_error) == ("CREATED", "")
    with clock.using(lambda: transfer.state_entered_at + timedelta(hours=25)):
        assert (look(transfer).status, transfer.last_error) == ("CREATED", "")
    nodes.second.pay(address_of().value, DEPOSIT)
    nodes.second.mine(2)
    assert (look(transfer).status, posted(ACCOUNT)) == ("CONFIRMED", FUNDS + DEPOSIT)


@pytest.mark.parametrize("withholds", ["first", "second"])
def test_what_one_node_withholds_is_seen_at_the_other(nodes: TwoNodes, withholds: str) -> None:
    address = address_of().value
    getattr(nodes, withholds).mine()
    shows = nodes.second if withholds == "first" else nodes.first
    shows.pay(address, DEPOSIT)
    assert watch() == 1


def test_a_node_that_stands_still_hides_nothing_and_is_waited_for(nodes: TwoNodes) -> None:
    address = address_of().value
    nodes.first.mine(40)
    nodes.first.pay(address, DEPOSIT)
    assert (watch(), ScanMark.objects.get().block) == (1, 0)
    nodes.second.mine(40)
    nodes.second.pay(address, DEPOSIT)
    assert (watch(), ScanMark.objects.get().block) == (0, 41)


def test_what_no_node_showed_when_the_watch_passed_is_found_by_reading_again(nodes: TwoNodes) -> None:
    address = address_of().value
    nodes.mine(40)
    watch()
    for node in (nodes.first, nodes.second):
        node.blocks[5].append(node.log(address, DEPOSIT, tx="withheld", log_index=0, number=5))
    assert watch() == 0
    call_command("rescan_deposits", "ethereum", from_block=5)
    assert (look(Transfer.objects.get()).status, posted(ACCOUNT)) == ("CONFIRMED", FUNDS + DEPOSIT)
    assert ScanMark.objects.get().block == 40
    call_command("rescan_deposits", "ethereum", from_block=0)
    assert Transfer.objects.count() == 1
    with pytest.raises(CommandError, match="no block"):
        call_command("rescan_deposits", "elsewhere", from_block=5)
