"""The journal is the truth: from it alone, or with a store that is behind or wrong, the same chain comes out."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from backoffice.sandbox.chain.genesis import load_or_create
from backoffice.sandbox.chain.journal import JournalCorrupt, Record
from backoffice.sandbox.chain.methods import ethereum_methods
from backoffice.sandbox.chain.mining import MiningNode
from backoffice.sandbox.chain.token import mint_call
from backoffice.sandbox.chain.wallet import sign
from tests.sandbox.chain import CHAIN_ID

BOB = Account.from_key("0x" + "b0" * 32).address

FULL = True


def open_node(directory: Path) -> MiningNode:
    return MiningNode(directory, load_or_create(directory, chain_id=CHAIN_ID))


def mint(node: MiningNode, blocks: int) -> None:
    """One minting per block."""
    for _ in range(blocks):
        call, nonce = mint_call(BOB, 10), node.deployer_nonce()
        node.submit(sign(node.genesis, nonce=nonce, to=node.genesis.token_address, data=call, gas=120_000))
        node.mine()


def history(node: MiningNode) -> list[Any]:
    """Everything one can see of every block."""
    ask = ethereum_methods(node)
    blocks = [ask["eth_getBlockByNumber"](hex(number), FULL) for number in range(node.height + 1)]
    return [blocks, [ask["eth_getTransactionReceipt"](item["hash"]) for block in blocks for item in block["transactions"]]]


def reopened(node: MiningNode, directory: Path, change: Callable[[], object] = lambda: None) -> MiningNode:
    node.close()
    change()
    return open_node(directory)


def without_store(directory: Path) -> None:
    for path in directory.glob("state.sqlite3*"):
        path.unlink()


def edit_journal(directory: Path, edit: Callable[[list[str]], list[str]]) -> None:
    path = directory / "blocks.jsonl"
    path.write_text("".join(edit(path.read_text().splitlines(keepends=True))))


def test_executing_the_journal_again_gives_the_same_hashes(tmp_path: Path) -> None:
    node = open_node(tmp_path)
    mint(node, 3)
    node.mine()
    before = history(node)
    node = reopened(node, tmp_path, lambda: without_store(tmp_path))
    assert len(before[0]) == 6
    assert len(before[1]) == 4
    assert history(node) == before
    node.close()


def test_a_store_left_behind_catches_up(tmp_path: Path) -> None:
    node = open_node(tmp_path)
    mint(node, 1)
    node = reopened(node, tmp_path, lambda: shutil.copy(tmp_path / "state.sqlite3", tmp_path / "older"))
    mint(node, 2)
    before = history(node)
    node = reopened(node, tmp_path, lambda: shutil.copy(tmp_path / "older", tmp_path / "state.sqlite3"))
    assert history(node) == before
    node.close()


def test_a_store_that_knows_more_than_the_journal_gives_way(tmp_path: Path) -> None:
    node = open_node(tmp_path)
    mint(node, 2)
    before = history(node)
    node.mine()
    node = reopened(node, tmp_path, lambda: edit_journal(tmp_path, lambda lines: lines[:-1]))
    assert history(node) == before
    node.close()


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    node = open_node(tmp_path)
    mint(node, 1)
    before = history(node)
    node = reopened(node, tmp_path, lambda: edit_journal(tmp_path, lambda lines: [*lines, '{"number": 3, "ha']))
    assert history(node) == before
    assert node.mine().number == 3
    node = reopened(node, tmp_path)
    assert node.height == 3
    node.close()


def test_an_edited_journal_stops_the_start(tmp_path: Path) -> None:
    node = open_node(tmp_path)
    mint(node, 2)
    node.close()

    def later(lines: list[str]) -> list[str]:
        edited = json.loads(lines[2])
        edited["timestamp"] += 1
        return [*lines[:2], json.dumps(edited) + "\n", *lines[3:]]

    edit_journal(tmp_path, later)
    without_store(tmp_path)
    with pytest.raises(JournalCorrupt, match="block 2 came out as"):
        open_node(tmp_path)


def test_a_journal_of_another_genesis_stops_the_start(tmp_path: Path) -> None:
    node = open_node(tmp_path)
    node.close()
    (tmp_path / "genesis.json").unlink()
    without_store(tmp_path)
    with pytest.raises(JournalCorrupt, match="another genesis"):
        open_node(tmp_path)


def test_a_block_that_cannot_be_journalled_was_never_mined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = open_node(tmp_path)
    before = node.evm.head.hash

    def full(_: Record) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(node.journal, "append", full)
        with pytest.raises(OSError, match="No space left"):
            node.mine()
    assert (node.height, node.evm.head.hash) == (1, before)
    record = node.mine()
    assert (record.number, record.parent) == (2, "0x" + before.hex())
    node.close()


def test_a_directory_belongs_to_one_chain(tmp_path: Path) -> None:
    made = load_or_create(tmp_path, chain_id=CHAIN_ID)
    assert load_or_create(tmp_path, chain_id=CHAIN_ID) == made
    assert (tmp_path / "genesis.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(ValueError, match="belongs to chain 31337, not 1"):
        load_or_create(tmp_path, chain_id=1)
