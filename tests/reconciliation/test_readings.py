"""Reading what a chain holds for us: at the block that our own indexer has read to, once per block, of that very block."""

import pytest
from django.db import DatabaseError, connection, transaction

from reconciliation.commands.readings import holdings, read_balances
from reconciliation.models import BalanceReading, IndexedBlock
from tests.reconciliation import outside
from tests.reconciliation.places import GAS, HOT, SETTLEMENT, position_of
from tests.transfers.world import UNIT
from transfers.rails import registry
from transfers.rails.base import RetryableError
from transfers.rails.evm import Holding

pytestmark = pytest.mark.django_db


def test_wallets_and_gas_are_read_at_the_block_the_indexer_has_read_to(read, rails):
    rails.mine(rails.rails.final_depth)
    outside.read_and_match(rails)
    assert read_balances() == 3
    block = IndexedBlock.objects.latest("number")
    held = {one.account_code: one for one in BalanceReading.objects.all()}
    assert {(one.block_number, one.block_hash, one.as_of) for one in held.values()} == {(block.number, block.hash, block.mined_at)}
    assert held[HOT].amount == rails.token_balance(rails.addresses["hot-1"])
    assert held[SETTLEMENT].amount == rails.token_balance(rails.addresses["settlement-1"])
    assert held[GAS].amount == int(rails.chain("eth_getBalance", rails.addresses["hot-1"], "latest"), 16)
    assert read_balances() == 0


def test_a_real_payment_is_explained_at_every_moment_of_its_way(read, rails):
    """What the wallet of this run held before our books began is a constant; nothing is unexplained beside it."""
    rails.mine(rails.rails.final_depth)
    outside.read_and_match(rails)
    read_balances()
    before = position_of(HOT).unexplained
    gas_before = position_of(GAS).unexplained
    transfer = outside.confirmed(read, rails)
    assert (position_of(HOT).unexplained, position_of(GAS).unexplained) == (before, gas_before)
    assert position_of(HOT).explained == 100 * UNIT
    rails.mine(rails.rails.final_depth)
    outside.index()
    read_balances()
    assert (position_of(HOT).unexplained, position_of(GAS).unexplained) == (before, gas_before)
    assert position_of(HOT).explained == 0
    rails.mine(rails.rails.final_depth)
    outside.read_and_match(rails)
    transfer.refresh_from_db()
    assert (transfer.status, position_of(HOT).unexplained) == ("RECONCILED", before)


def test_a_block_that_the_node_shows_otherwise_is_not_read(read, rails):
    rails.mine(rails.rails.final_depth)
    outside.read_and_match(rails)
    block = IndexedBlock.objects.latest("number")
    wanted = [Holding(rails.addresses["hot-1"])]
    with pytest.raises(RetryableError, match="another block"):
        registry.rails().evm.held_at(wanted, number=block.number, block_hash="0x" + "00" * 32)
    with pytest.raises(RetryableError):
        registry.rails().evm.held_at(wanted, number=block.number + 1_000, block_hash=block.hash)


def test_an_address_without_the_token_is_no_figure(read, rails):
    rails.mine(rails.rails.final_depth)
    outside.read_and_match(rails)
    block = IndexedBlock.objects.latest("number")
    nowhere = Holding(rails.addresses["hot-1"], contract="0x" + "12" * 20)
    with pytest.raises(RetryableError, match="there is no token"):
        registry.rails().evm.held_at([nowhere], number=block.number, block_hash=block.hash)


def test_an_account_is_the_sum_of_every_address_that_is_read_for_it(read, rails):
    outside.wallet_source("more", "0x" + "Ab" * 20, HOT, 1)
    assert sorted(holding.address for holding in holdings("ethereum")[HOT]) == sorted([rails.addresses["hot-1"], "0x" + "Ab" * 20])


def test_a_node_that_is_away_leaves_the_last_figure_to_grow_old(read, rails):
    rails.mine(rails.rails.final_depth)
    outside.read_and_match(rails)
    before = registry.use(registry.Rails(registry.RailSettings()))
    try:
        assert read_balances() == 0
    finally:
        registry.use(before)
    assert not BalanceReading.objects.exists()


@pytest.mark.parametrize(
    "change", ["UPDATE reconciliation_balancereading SET amount = 0", "DELETE FROM reconciliation_balancereading"]
)
def test_a_reading_is_never_changed(read, rails, change):
    rails.mine(rails.rails.final_depth)
    outside.read_and_match(rails)
    read_balances()
    before = list(BalanceReading.objects.values_list("id", "amount"))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format("reconciliation_balancereading"))
    assert list(BalanceReading.objects.values_list("id", "amount")) == before
