"""The chain on a bad day: what each order does, and that the journal tells the same story after a restart."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from backoffice.sandbox.chain.orders import KINDS, OrderRefused
from tests.sandbox.chain import Chain, Refusal, signed_transfer


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    running = Chain(tmp_path_factory.mktemp("ordered"))
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(autouse=True)
def obedient(chain: Chain) -> Iterator[None]:
    yield
    chain.obey()


def sent(chain: Chain, **fields: int) -> tuple[str, str]:
    """A payment that waits: raw and hash."""
    raw, tx_hash = signed_transfer(chain.new_wallet(token=10), chain.token, Account.create().address, 1, nonce=0, **fields)
    chain.call("eth_sendRawTransaction", raw)
    return raw, tx_hash


def block_of(chain: Chain, tx_hash: str) -> str | None:
    receipt = chain.call("eth_getTransactionReceipt", tx_hash)
    return None if receipt is None else str(receipt["blockHash"])


def test_a_reorg_puts_the_transaction_into_another_block(chain: Chain) -> None:
    _, tx_hash = sent(chain)
    chain.mine(2)
    before, height = block_of(chain, tx_hash), chain.height
    chain.order("reorg", depth=2, keep="same")
    assert chain.height == height + 1
    assert block_of(chain, tx_hash) not in (before, None)
    assert chain.call("eth_getBlockByHash", before) is None


def test_a_reorg_may_leave_the_transaction_waiting(chain: Chain) -> None:
    _, tx_hash = sent(chain)
    chain.mine()
    chain.order("reorg", depth=1, keep="later")
    assert block_of(chain, tx_hash) is None
    assert chain.call("eth_getTransactionByHash", tx_hash)["blockHash"] is None
    chain.mine()
    assert block_of(chain, tx_hash) is not None


def test_a_reorg_may_lose_the_transaction_which_can_be_sent_again(chain: Chain) -> None:
    raw, tx_hash = sent(chain)
    chain.mine()
    chain.order("reorg", depth=1, keep="never")
    assert chain.call("eth_getTransactionByHash", tx_hash) is None
    assert chain.call("eth_sendRawTransaction", raw) == tx_hash
    chain.mine()
    assert block_of(chain, tx_hash) is not None


def test_the_other_branch_survives_a_power_cut_and_the_loss_of_the_store(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "chain").start()
    try:
        _, tx_hash = sent(chain)
        chain.mine(3)
        chain.order("fee_spike", factor=3, blocks=2)
        chain.order("reorg", depth=2, keep="same")
        tip, block = chain.block(chain.height)["hash"], block_of(chain, tx_hash)
        chain.kill()
        chain.start()
        assert (chain.block(chain.height)["hash"], block_of(chain, tx_hash)) == (tip, block)
        chain.kill()
        for file in chain.directory.glob("state.sqlite3*"):
            file.unlink()
        chain.start()
        assert (chain.block(chain.height)["hash"], block_of(chain, tx_hash)) == (tip, block)
    finally:
        chain.close()


def test_what_is_dropped_is_forgotten_and_can_be_sent_again(chain: Chain) -> None:
    raw, tx_hash = sent(chain)
    chain.order("drop", hash=tx_hash)
    assert chain.call("eth_getTransactionByHash", tx_hash) is None
    assert chain.call("eth_sendRawTransaction", raw) == tx_hash


def test_bids_from_before_wait_while_fees_are_high(chain: Chain) -> None:
    _, tx_hash = sent(chain)
    chain.order("fee_spike", factor=1000, blocks=2)
    history = chain.call("eth_feeHistory", "0x2", "latest", [50])
    assert int(history["baseFeePerGas"][-1], 16) > 5 * 10**9
    chain.mine(2)
    assert block_of(chain, tx_hash) is None
    for _ in range(60):
        chain.mine()
    assert block_of(chain, tx_hash) is not None


def test_an_original_is_mined_after_its_replacement_was_sent(chain: Chain) -> None:
    wallet, payee = chain.new_wallet(token=10), Account.create().address
    first, first_hash = signed_transfer(wallet, chain.token, payee, 1, nonce=0)
    dearer = {"maxFeePerGas": 8 * 10**9, "maxPriorityFeePerGas": 2 * 10**9}
    second, second_hash = signed_transfer(wallet, chain.token, payee, 1, nonce=0, **dearer)
    chain.order("originals_first")
    chain.call("eth_sendRawTransaction", first)
    chain.call("eth_sendRawTransaction", second)
    chain.mine()
    assert block_of(chain, first_hash) is not None
    assert chain.call("eth_getTransactionByHash", second_hash) is None


def test_payments_to_an_overlooked_address_wait_and_so_does_what_their_sender_sent_later(chain: Chain) -> None:
    wallet, overlooked, other = chain.new_wallet(token=10), Account.create().address, Account.create().address
    chain.order("overlook", address=overlooked)
    hashes = []
    for nonce, payee in enumerate((overlooked, other)):
        raw, tx_hash = signed_transfer(wallet, chain.token, payee, 1, nonce=nonce)
        chain.call("eth_sendRawTransaction", raw)
        hashes.append(tx_hash)
    _, elsewhere = sent(chain)
    chain.mine(2)
    assert [block_of(chain, one) is None for one in (*hashes, elsewhere)] == [True, True, False]
    chain.obey()
    chain.mine()
    assert None not in [block_of(chain, one) for one in hashes]


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before"])
def test_silence_says_nothing_of_what_was_done(chain: Chain, kind: str) -> None:
    raw, tx_hash = signed_transfer(chain.new_wallet(token=10), chain.token, Account.create().address, 1, nonce=0)
    chain.order(kind)
    with pytest.raises(httpx.RemoteProtocolError):
        chain.call("eth_sendRawTransaction", raw)
    known = chain.call("eth_getTransactionByHash", tx_hash)
    assert (known is not None) == (kind == "timeout_after")


def test_what_it_says_yes_to_may_be_lost(chain: Chain) -> None:
    raw, tx_hash = signed_transfer(chain.new_wallet(token=10), chain.token, Account.create().address, 1, nonce=0)
    chain.order("lose")
    assert chain.call("eth_sendRawTransaction", raw) == tx_hash
    assert chain.call("eth_getTransactionByHash", tx_hash) is None
    assert chain.call("eth_sendRawTransaction", raw) == tx_hash
    assert chain.call("eth_getTransactionByHash", tx_hash) is not None


def test_the_later_of_two_may_be_taken_first(chain: Chain) -> None:
    wallet, payee = chain.new_wallet(token=10), Account.create().address
    (first, first_hash), (second, second_hash) = (signed_transfer(wallet, chain.token, payee, 1, nonce=nonce) for nonce in (0, 1))
    chain.order("reorder")
    assert chain.call("eth_sendRawTransaction", first) == first_hash
    chain.mine()
    assert chain.call("eth_getTransactionByHash", first_hash) is None
    assert chain.call("eth_sendRawTransaction", second) == second_hash
    chain.mine()
    assert block_of(chain, first_hash) == block_of(chain, second_hash) is not None


@pytest.mark.parametrize(("kind", "words"), [("duplicate", "already known"), ("refuse", "txpool is full")])
def test_it_answers_no(chain: Chain, kind: str, words: str) -> None:
    raw, _ = signed_transfer(chain.new_wallet(token=10), chain.token, Account.create().address, 1, nonce=0)
    chain.order(kind)
    with pytest.raises(Refusal, match=words):
        chain.call("eth_sendRawTransaction", raw)


def test_a_node_that_is_away_comes_back_when_the_order_is_taken_back_also_after_a_restart(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "chain").start()
    try:
        chain.order("down")
        chain.kill()
        chain.start()
        with pytest.raises(httpx.RemoteProtocolError):
            chain.call("eth_blockNumber")
        chain.obey()
        assert chain.height >= 1
    finally:
        chain.close()


@pytest.mark.parametrize("what", ["amount", "status", "no_log", "missing"])
def test_it_lies_until_it_is_told_to_stop(chain: Chain, what: str) -> None:
    _, tx_hash = sent(chain)
    chain.mine()
    truth = chain.call("eth_getTransactionReceipt", tx_hash)
    chain.order("lie", what=what)
    assert chain.call("eth_getTransactionReceipt", tx_hash) != truth
    chain.obey()
    assert chain.call("eth_getTransactionReceipt", tx_hash) == truth


def test_the_issuer_pauses_the_token_and_blocks_an_address(chain: Chain) -> None:
    wallet, payee = chain.new_wallet(token=10), Account.create().address
    question = {"from": wallet.address, "to": chain.token, "data": "0xa9059cbb" + payee[2:].rjust(64, "0") + "1".rjust(64, "0")}
    chain.order("pause_token")
    with pytest.raises(Refusal, match="Pausable: paused"):
        chain.call("eth_call", question)
    chain.order("unpause_token")
    chain.order("block_address", address=payee)
    with pytest.raises(Refusal, match="account is blacklisted"):
        chain.call("eth_call", question)
    chain.order("unblock_address", address=payee)
    assert int(chain.call("eth_call", question), 16) == 1


def test_orders_are_read_strictly(chain: Chain) -> None:
    for order in (
        {"kind": "nonsense"},
        {"kind": "reorg", "depth": "0"},
        {"kind": "drop", "colour": "red"},
        {"kind": "block_address"},
    ):
        with pytest.raises(OrderRefused):
            chain.order(**order)


def test_every_order_is_explained_to_whoever_gives_it() -> None:
    assert all(kind.title and kind.explanation.endswith((".", "?")) for kind in KINDS.values())
