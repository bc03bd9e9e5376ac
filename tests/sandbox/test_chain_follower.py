"""A second node of the network: the same chain seen with other eyes, and a way in when the first door is shut."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from backoffice.sandbox.chain.orders import OrderRefused
from tests.sandbox.chain import Chain, signed_transfer


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chain, Chain]]:
    directory: Path = tmp_path_factory.mktemp("pair")
    first, second = Chain(directory / "first"), Chain(directory / "second", follow=directory / "first")
    try:
        yield first.start(), second.start()
    finally:
        second.close()
        first.close()


def payment(chain: Chain) -> tuple[str, str]:
    return signed_transfer(chain.new_wallet(token=10), chain.token, Account.create().address, 1, nonce=0)


def test_it_shows_the_same_blocks_at_once(pair: tuple[Chain, Chain]) -> None:
    first, second = pair
    raw, tx_hash = payment(first)
    first.call("eth_sendRawTransaction", raw)
    assert second.call("eth_getTransactionByHash", tx_hash)["blockHash"] is None
    first.mine(2)
    assert second.block(second.height) == first.block(first.height)
    assert second.call("eth_getTransactionReceipt", tx_hash) == first.call("eth_getTransactionReceipt", tx_hash)


def test_it_takes_the_same_branch(pair: tuple[Chain, Chain]) -> None:
    first, second = pair
    raw, tx_hash = payment(first)
    first.call("eth_sendRawTransaction", raw)
    first.mine(2)
    before = second.call("eth_getTransactionReceipt", tx_hash)
    first.order("reorg", depth=2, keep="same")
    after = second.call("eth_getTransactionReceipt", tx_hash)
    assert after["blockHash"] != before["blockHash"]
    assert after == first.call("eth_getTransactionReceipt", tx_hash)
    first.order("reorg", depth=1, keep="never")
    assert second.height == first.height


def test_it_is_a_way_in_while_the_first_door_is_shut(pair: tuple[Chain, Chain]) -> None:
    first, second = pair
    raw, tx_hash = payment(first)
    first.order("down")
    try:
        assert second.call("eth_sendRawTransaction", raw) == tx_hash
        with pytest.raises(httpx.RemoteProtocolError):
            first.call("eth_blockNumber")
    finally:
        first.obey()
    first.mine()
    assert first.call("eth_getTransactionReceipt", tx_hash) is not None


def test_it_lies_alone(pair: tuple[Chain, Chain]) -> None:
    first, second = pair
    raw, tx_hash = payment(first)
    first.call("eth_sendRawTransaction", raw)
    first.mine()
    second.order("lie", what="status")
    try:
        said = [node.call("eth_getTransactionReceipt", tx_hash)["status"] for node in pair]
        assert said == ["0x1", "0x0"]
    finally:
        second.obey()


def test_orders_about_the_network_are_the_first_node_s(pair: tuple[Chain, Chain]) -> None:
    with pytest.raises(OrderRefused, match="first node"):
        pair[1].order("reorg", depth=1)


def test_it_keeps_what_it_was_sent_until_the_first_node_is_back(pair: tuple[Chain, Chain]) -> None:
    first, second = pair
    raw, tx_hash = payment(first)
    first.kill()
    assert second.call("eth_sendRawTransaction", raw) == tx_hash
    assert second.call("eth_getTransactionByHash", tx_hash)["blockHash"] is None
    first.start()
    deadline = time.monotonic() + 30
    while first.call("eth_getTransactionByHash", tx_hash) is None:
        assert time.monotonic() < deadline, "the bytes never arrived"
        time.sleep(0.05)


def test_it_starts_again_from_its_own_state(pair: tuple[Chain, Chain]) -> None:
    first, second = pair
    second.kill()
    first.mine(2)
    second.start()
    assert second.block(second.height)["hash"] == first.block(first.height)["hash"]
