"""A move of our own money on bad days of the chain: dropped, taken back with its block, or recalled. It moves once, or stays."""

import pytest

from tests.transfers.chain.test_reorg import confirmed
from tests.transfers.chain.weather import attempts, branch_off, deep, final, step, the_books_prove_themselves, watch
from tests.transfers.levels import set_levels
from tests.transfers.own_money import COLD, HOT, add_wallets, approve_move, ask
from tests.transfers.stack import Stack
from tests.transfers.world import FUNDS, UNIT, World, drive_until, posted
from transfers import machines
from transfers.commands.recall import recall
from transfers.models import Transfer, WalletReservation
from transfers.queries.proposals import proposals
from transfers.states import Route

pytestmark = pytest.mark.stack
AMOUNT = 5 * UNIT


def approved(world: World) -> Transfer:
    """5.00 to cold storage."""
    add_wallets()
    set_levels(world, HOT, minimum=0, target=FUNDS - AMOUNT, maximum=FUNDS - 1)
    return approve_move(world, ask(world, f"{HOT}>{COLD}"))


@pytest.fixture
def before(rails: Stack) -> int:
    return in_cold(rails)


def in_cold(rails: Stack) -> int:
    return rails.token_balance("0x" + "4" * 40)


def moved(rails: Stack, before: int) -> int:
    """What has arrived by the chain, which must be what the books say."""
    assert in_cold(rails) - before == posted(COLD) == FUNDS - posted(HOT)
    the_books_prove_themselves()
    return posted(COLD)


@pytest.mark.parametrize("keep", ["later", "never"])
def test_one_whose_block_is_gone_is_taken_back_and_moves_once(live: World, rails: Stack, before: int, keep: str) -> None:
    transfer = confirmed(approved(live), rails)
    assert posted(COLD) == AMOUNT
    branch_off(transfer, rails, keep)
    assert watch(transfer).status == "REORGED"
    assert (posted(COLD), posted(HOT), transfer.money_state) == (0, FUNDS, "reserved")
    assert WalletReservation.objects.get(leg__transfer=transfer).ended_at is None
    # It is under way again: nobody proposes it a second time.
    assert proposals() == []
    the_books_prove_themselves()
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert (moved(rails, before), len(attempts(transfer))) == (AMOUNT, 1)


def test_one_that_every_node_forgot_is_sent_again_and_moves_once(live: World, rails: Stack, before: int) -> None:
    transfer = drive_until(approved(live), "SENT_ON_CHAIN")
    rails.order("drop")
    assert step(transfer).status == "DROPPED"
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert (moved(rails, before), len(attempts(transfer))) == (AMOUNT, 1)


def test_one_that_is_recalled_leaves_the_tokens_where_they_are(live: World, rails: Stack, before: int) -> None:
    transfer = drive_until(approved(live), "SENT_ON_CHAIN")
    rails.order("drop")
    recall(transfer.id, "cold storage is being moved")
    drive_until(transfer, "CANCELLED", between=lambda: deep(rails))
    assert (moved(rails, before), transfer.money_state) == (0, "none")


def test_the_watch_ends_at_final_depth(live: World, rails: Stack) -> None:
    transfer = confirmed(approved(live), rails)
    assert attempts(transfer)[0].watch_at is not None
    final(rails)
    assert (watch(transfer).status, attempts(transfer)[0].watch_at) == ("CONFIRMED", None)


def test_one_that_began_in_version_one_ends_in_it(live: World, rails: Stack, before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(machines.CURRENT_VERSION, Route.TREASURY_MOVE, 1)
        transfer = drive_until(approved(live), "SENT_ON_CHAIN")
    rails.order("drop")
    assert (step(transfer).status, transfer.machine_version) == ("SENT_ON_CHAIN", 1)
    drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert (moved(rails, before), attempts(transfer)[0].watch_at) == (AMOUNT, None)
