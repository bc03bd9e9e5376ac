"""Whatever ends the process, the chain comes back as it was: same numbers, same hashes, same receipts, same balances."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.chain import ROOT, Chain, signed_transfer
from tests.sandbox.test_chain_rpc import BOB, balance

FULL = True


@pytest.fixture
def own_chain(tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(tmp_path / "chain").start()
    yield chain
    chain.close()


def history(chain: Chain) -> list[Any]:
    """Everything one can see of every block."""
    blocks = [chain.call("eth_getBlockByNumber", hex(number), FULL) for number in range(chain.height + 1)]
    hashes = [transaction["hash"] for block in blocks for transaction in block["transactions"]]
    return [blocks, [chain.call("eth_getTransactionReceipt", tx_hash) for tx_hash in hashes]]


def spend(chain: Chain, rounds: int) -> None:
    alice = chain.new_wallet(token=1_000)
    for nonce in range(rounds):
        chain.call("eth_sendRawTransaction", signed_transfer(alice, chain.token, BOB, 10, nonce=nonce)[0])
        chain.mine()


def test_a_killed_chain_comes_back_the_same(own_chain: Chain) -> None:
    spend(own_chain, 3)
    own_chain.mine(5)
    before, held = history(own_chain), balance(own_chain, BOB)
    own_chain.kill()
    own_chain.start()
    assert len(before[0]) == 11
    assert (history(own_chain), balance(own_chain, BOB)) == (before, held)
    assert own_chain.mine() == 11


def test_two_processes_never_share_a_directory(own_chain: Chain) -> None:
    before = own_chain.height
    ended = subprocess.run(own_chain.command(), cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert b"another chain runs in" in ended.stderr
    assert own_chain.height == before


def test_funding_promised_before_a_crash_is_kept(own_chain: Chain) -> None:
    grant = {"reference": "seed", "address": BOB, "wei": "1000", "token": "500"}
    promised = own_chain.call("sandbox_fund", grant)["transactions"]
    own_chain.kill()
    own_chain.start()
    assert own_chain.call("sandbox_fund", grant) == {"transactions": promised, "replayed": True}
    own_chain.mine()
    assert balance(own_chain, BOB) == 500
    own_chain.kill()
    own_chain.start()
    own_chain.mine()
    assert balance(own_chain, BOB) == 500


def test_an_idle_chain_stops_growing_and_stops_working(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "idle", block_time=0.01).start()
    try:
        deadline = time.monotonic() + 30
        while chain.height < 65:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        ticks = _cpu_ticks(chain.pid)
        time.sleep(2)
        assert chain.height == 65
        assert _cpu_ticks(chain.pid) - ticks <= 10
        alice = chain.new_wallet()
        assert chain.call("eth_getBalance", alice.address, "latest") == hex(10**18)
    finally:
        chain.close()


def test_a_chain_on_which_fees_are_high_goes_on_until_they_are_not_and_bids_from_before_are_mined(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "dear", block_time=0.01).start()
    try:
        wallet = chain.new_wallet(token=10)
        _until(lambda: chain.height >= 66)
        chain.order("fee_spike", factor=1000, blocks=70)
        ends = chain.height + 70
        raw, tx_hash = signed_transfer(wallet, chain.token, BOB, 1, nonce=0)
        chain.call("eth_sendRawTransaction", raw)
        _until(lambda: chain.height >= ends)
        assert chain.call("eth_getTransactionReceipt", tx_hash) is None
        _until(lambda: chain.call("eth_getTransactionReceipt", tx_hash) is not None)
    finally:
        chain.close()


def test_ordered_fees_alone_keep_a_chain_going_to_their_end(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "ordered", block_time=0.01).start()
    try:
        _until(lambda: chain.height >= 65)
        chain.order("fee_spike", factor=20, blocks=40)
        _until(lambda: chain.height >= 105)
        time.sleep(0.5)
        assert chain.height == 105
    finally:
        chain.close()


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _cpu_ticks(pid: int) -> int:
    """User and system time of a process, in hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])
