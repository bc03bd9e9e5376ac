"""Reading the real sandbox chain: each movement of our wallets once, nothing else, and never past a rewritten block."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from eth_account.signers.local import LocalAccount

from ledger.commands import register_asset
from reconciliation.commands.indexing import IndexRun, index_network, report_rewritten
from reconciliation.errors import ChainRewritten
from reconciliation.models import Break, ExternalItem, IndexedBlock, Source
from tests.reconciliation.outside import NETWORK, wallet_source
from tests.sandbox.chain import CHAIN_ID, Chain, signed_transfer
from transfers.rails.evm import Block, EvmRail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("assets")]
CONFIRMATIONS = 3
USDC, ETH = "USDC.ethereum", "ETH.ethereum"


@pytest.fixture
def assets(bound: None, chain: Chain) -> None:
    register_asset(code="USDC", name="USD Coin", network=NETWORK, contract=chain.token, exponent=6)
    register_asset(code="ETH", name="Ether", network=NETWORK, exponent=18)


@pytest.fixture
def rail(chain: Chain) -> Iterator[EvmRail]:
    opened = EvmRail(chain.url, CHAIN_ID, CONFIRMATIONS)
    yield opened
    opened.close()


@pytest.fixture
def hot(chain: Chain) -> LocalAccount:
    """A wallet with coins and 1,000 tokens that came before it counts."""
    account = chain.new_wallet(token=1_000)
    _source(chain, "hot", account)
    return account


@pytest.fixture
def settlement(chain: Chain, hot: LocalAccount) -> LocalAccount:
    account = chain.new_wallet()
    _source(chain, "settlement", account)
    return account


def _source(chain: Chain, code: str, account: LocalAccount) -> Source:
    return wallet_source(code, account.address, f"wallet:{code}", chain.height + 1)


def _send(chain: Chain, sender: LocalAccount, recipient: str, amount: int) -> str:
    nonce = int(chain.call("eth_getTransactionCount", sender.address, "pending"), 16)
    raw, tx_hash = signed_transfer(sender, chain.token, recipient, amount, nonce=nonce)
    chain.call("eth_sendRawTransaction", raw)
    chain.mine()
    return tx_hash


def _index(chain: Chain, rail: EvmRail) -> IndexRun:
    """Read up to what is the head now."""
    chain.mine(CONFIRMATIONS - 1)
    return index_network(network=NETWORK, rail=rail)


def _items() -> list[tuple[str, str, str, str, int]]:
    found = ExternalItem.objects.order_by("source", "kind", "direction")
    return [(item.source_id, item.kind, item.direction, item.currency, item.amount) for item in found]


def _gas(chain: Chain, tx_hash: str) -> int:
    receipt = chain.call("eth_getTransactionReceipt", tx_hash)
    return int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)


def test_a_payment_is_read_once_with_the_gas_it_cost(chain, rail, hot) -> None:
    stranger = "0x" + "ab" * 20
    tx_hash = _send(chain, hot, stranger, 250)
    assert _index(chain, rail).items == 2
    assert _items() == [
        ("hot", "gas", "debit", ETH, _gas(chain, tx_hash)),
        ("hot", "token_transfer", "debit", USDC, 250),
    ]
    item = ExternalItem.objects.get(kind="token_transfer")
    assert item.references["tx_hash"] == tx_hash
    assert item.counterparty.lower() == stranger
    assert item.status == "unmatched"
    assert item.block is not None
    block = chain.block(item.block.number)
    assert (item.block.hash, item.booked_at) == (block["hash"], datetime.fromtimestamp(int(block["timestamp"], 16), UTC))


def test_reading_again_changes_nothing(chain, rail, hot) -> None:
    _send(chain, hot, "0x" + "ab" * 20, 250)
    _index(chain, rail)
    items, blocks = _items(), IndexedBlock.objects.count()
    assert index_network(network=NETWORK, rail=rail) == IndexRun(0, 0, chain.height, by_all=False)
    assert (_items(), IndexedBlock.objects.count()) == (items, blocks)


def test_between_two_wallets_of_ours_both_ends_are_read(chain, rail, hot, settlement) -> None:
    tx_hash = _send(chain, hot, settlement.address, 400)
    assert _index(chain, rail).items == 3
    assert _items() == [
        ("hot", "gas", "debit", ETH, _gas(chain, tx_hash)),
        ("hot", "token_transfer", "debit", USDC, 400),
        ("settlement", "token_transfer", "credit", USDC, 400),
    ]


def test_a_reverted_transaction_cost_gas_and_moved_nothing(chain, rail, hot) -> None:
    tx_hash = _send(chain, hot, "0x" + "ab" * 20, 1_001)
    assert chain.call("eth_getTransactionReceipt", tx_hash)["status"] == "0x0"
    assert _index(chain, rail).items == 1
    assert _items() == [("hot", "gas", "debit", ETH, _gas(chain, tx_hash))]


def test_nothing_before_the_first_block_that_counts(chain, rail, hot) -> None:
    chain.mine()
    _index(chain, rail)
    # The 1,000 tokens it was opened with came before.
    assert _items() == []
    first = IndexedBlock.objects.order_by("number").first()
    assert first is not None
    assert first.number == Source.objects.get(code="hot").start_block


def test_a_source_that_starts_later_is_not_read_before_its_time(chain, rail, hot) -> None:
    later = chain.new_wallet()
    _send(chain, hot, later.address, 30)
    _source(chain, "later", later)
    _send(chain, hot, later.address, 40)
    _index(chain, rail)
    received = ExternalItem.objects.filter(source_id="later")
    assert [item.amount for item in received] == [40]


def test_only_final_blocks_are_read(chain, rail, hot) -> None:
    _send(chain, hot, "0x" + "ab" * 20, 250)
    chain.mine(CONFIRMATIONS - 2)
    index_network(network=NETWORK, rail=rail)
    assert _items() == []
    chain.mine()
    index_network(network=NETWORK, rail=rail)
    assert len(_items()) == 2
    newest = IndexedBlock.objects.latest("number")
    assert newest.number == chain.height - CONFIRMATIONS + 1


def test_a_transfer_of_nothing_in_our_name_is_no_movement(chain, rail, hot) -> None:
    """Address poisoning: anybody may move zero tokens "from" our wallet, and the token logs it."""
    words = (hot.address[2:].lower(), "ab" * 20, "0")
    data = "0x23b872dd" + "".join(word.rjust(64, "0") for word in words)
    raw, tx_hash = signed_transfer(chain.new_wallet(), chain.token, hot.address, 1, nonce=0, data=data)
    chain.call("eth_sendRawTransaction", raw)
    chain.mine()
    assert len(chain.call("eth_getTransactionReceipt", tx_hash)["logs"]) == 1
    _index(chain, rail)
    assert _items() == []


def test_many_blocks_are_read_in_batches_that_continue_each_other(chain, rail, hot, monkeypatch) -> None:
    monkeypatch.setattr("reconciliation.commands.indexing.BATCH", 4)
    _send(chain, hot, "0x" + "ab" * 20, 250)
    chain.mine(9)
    assert _index(chain, rail).blocks == 10
    blocks = list(IndexedBlock.objects.order_by("number"))
    assert all(after.parent_hash == before.hash for before, after in pairwise(blocks))
    assert len(_items()) == 2


def test_a_rewritten_chain_stops_the_reading(chain, rail, hot) -> None:
    chain.mine()
    _index(chain, rail)
    number = IndexedBlock.objects.latest("number").number + 1
    _false_block(number)
    _send(chain, hot, "0x" + "ab" * 20, 250)
    chain.mine(3)
    for _ in range(2):
        with pytest.raises(ChainRewritten, match=f"block {number + 1} of ethereum follows 0x") as refusal:
            _index(chain, rail)
        report_rewritten(network=NETWORK, error=refusal.value)
    assert _items() == []
    assert IndexedBlock.objects.latest("number").number == number
    opened = Break.objects.get()
    assert (opened.severity, opened.type, opened.status) == ("critical", "timing", "open")
    assert "Indexing has stopped" in opened.explanation


def test_a_node_that_contradicts_itself_is_not_believed(chain, rail, hot, monkeypatch) -> None:
    """A reorg between two of its answers: the log is of another block than the header."""
    _index(chain, rail)
    _send(chain, hot, "0x" + "ab" * 20, 250)
    honest = rail.block
    monkeypatch.setattr(rail, "block", lambda number: _another(honest(number)))
    with pytest.raises(ChainRewritten, match="but number"):
        _index(chain, rail)
    assert _items() == []


def _another(block: Block) -> Block:
    return replace(block, hash="0x" + f"{block.number:064x}")


def _false_block(number: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    IndexedBlock.objects.create(
        network=NETWORK, number=number, hash="0x" + "f" * 64, parent_hash="0x" + "e" * 64, mined_at=at, indexed_at=at
    )
