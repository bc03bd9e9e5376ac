"""A sweep on bad days of the chain: outbid, recalled, or taken back with its block. The tokens move once, or stay."""

from typing import Any

import pytest

from tests.transfers.chain.test_reorg import confirmed
from tests.transfers.chain.weather import attempts, branch_off, deep, the_books_prove_themselves, watch
from tests.transfers.incoming import address_of
from tests.transfers.stack import Stack
from tests.transfers.sweeps import HOT, ROOM, SWEPT, swept, there
from tests.transfers.world import FUNDS, UNIT, World, drive_until, posted
from transfers.commands.deposits.watching import watch as see_deposits
from transfers.commands.recall import recall
from transfers.commands.reconcile import mark_reconciled
from transfers.commands.speed_up import speed_up
from transfers.models import Transfer, WalletReservation

pytestmark = pytest.mark.stack
ANVIL = True


@pytest.fixture
def sweep(live: World, rails: Stack, settings: Any) -> Transfer:
    """Of 250.00 that are proved, begun and not yet sent."""
    settings.DEPOSIT_SWEEPS = SWEPT
    rails.fund(address_of().value, token=250 * UNIT, wei=0)
    see_deposits()
    deposit = drive_until(Transfer.objects.get(route="chain_deposit"), "CONFIRMED", between=rails.mine)
    mark_reconciled(transfer_id=deposit.id, evidence={"receipt": "the index"})
    return swept()


def moved(rails: Stack) -> int:
    """What has left the deposit address, by the chain, which must be what the books say."""
    assert rails.token_balance(there().address) == there().ledger == posted(ROOM)
    assert posted(HOT) - FUNDS == 250 * UNIT - there().ledger
    the_books_prove_themselves()
    return 250 * UNIT - there().ledger


@pytest.mark.parametrize("keep", ["same", "later", "never"])
def test_one_whose_block_is_gone_is_taken_back_and_moves_once(sweep: Transfer, rails: Stack, keep: str) -> None:
    confirmed(sweep, rails)
    branch_off(sweep, rails, keep)
    assert watch(sweep).status == "REORGED"
    assert (posted(ROOM), posted(HOT), there().going) == (250 * UNIT, FUNDS, 250 * UNIT)
    assert WalletReservation.objects.get(leg__transfer=sweep).ended_at is None
    drive_until(sweep, "CONFIRMED", between=lambda: deep(rails))
    assert (moved(rails), len(attempts(sweep))) == (250 * UNIT, 1)


def test_one_that_is_sped_up_moves_once_whichever_is_mined(sweep: Transfer, rails: Stack) -> None:
    drive_until(sweep, "SENT_ON_CHAIN")
    speed_up(sweep.id, "the hot wallet is nearly empty")
    drive_until(sweep, "CONFIRMED", between=rails.mine)
    assert moved(rails) == 250 * UNIT
    first, second = attempts(sweep)
    assert first.nonce == second.nonce


def test_one_that_is_recalled_leaves_the_tokens_where_they_are(sweep: Transfer, rails: Stack) -> None:
    drive_until(sweep, "SENT_ON_CHAIN")
    recall(sweep.id, "the client is under investigation")
    drive_until(sweep, "CANCELLED", between=lambda: deep(rails))
    assert (moved(rails), there().ready) == (0, 250 * UNIT)
