"""The node: chain, journal and pool under one lock, and the order in which a block becomes durable.

A block is executed in an open store transaction, then journalled (fsync), then the store commits. Dying before the journal line
loses a block nobody was told of; dying after it leaves a store that is behind, and the next start executes what is missing.
"""

import logging
import threading
import time
from bisect import bisect_left, bisect_right
from contextlib import ExitStack
from pathlib import Path

from eth_utils.address import to_canonical_address

from backoffice.sandbox.chain.evm import BUILDER, Evm, base_fee_of
from backoffice.sandbox.chain.genesis import Genesis
from backoffice.sandbox.chain.journal import Journal, JournalCorrupt, Record
from backoffice.sandbox.chain.mempool import Mempool
from backoffice.sandbox.chain.store import SqliteStore
from backoffice.sandbox.chain.wallet import sign

DEEPEST_REORG = 256

logger = logging.getLogger(__name__)


class Node:
    """Everything of it is used while holding `lock`; `changed` wakes the miner when a transaction arrives."""

    def __init__(self, data_dir: Path, genesis: Genesis) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.genesis = genesis
        # Ordered for blocks up to this number: wei per gas.
        self.ordered_base_fee, self._ordered_until = 0, 0
        self._store_path = data_dir / "state.sqlite3"
        with ExitStack() as opened:
            self._open_store()
            opened.callback(lambda: self._store.close())
            self.journal = self._open_journal(data_dir)
            opened.callback(lambda: self.journal.close())
            self._begin()
            self._opened = opened.pop_all()

    def _open_journal(self, data_dir: Path) -> Journal:
        return Journal(data_dir / "blocks.jsonl", genesis_hash=self._hash_of(0))

    def _begin(self) -> None:
        """Come to where the journal ends; on a new chain, put the token on it."""
        self._come_to_journal()
        self.mempool = Mempool(self.evm, self.genesis.chain_id)
        if self.height == 0:
            self.mempool.add(sign(self.genesis, nonce=0, to=None, data=self.genesis.token_bytecode, gas=2_000_000))
            self.mine()

    def _come_to_journal(self) -> None:
        self.busy_blocks = list(self.journal.busy_blocks())
        self._catch_up()
        self.journal.forget_lines()

    @property
    def height(self) -> int:
        return self.evm.head.block_number

    @property
    def base_fee(self) -> int:
        """What the next block will burn per gas, in wei."""
        return self._ordered() or base_fee_of(self.evm.chain.create_header_from_parent(self.evm.head))

    def order_base_fee(self, wei: int, *, blocks: int) -> None:
        """Let the next `blocks` blocks burn this much per gas, whatever the protocol would make of it."""
        self.ordered_base_fee, self._ordered_until = wei, self.height + blocks

    def _ordered(self) -> int:
        return self.ordered_base_fee if self.height < self._ordered_until else 0

    def submit(self, raw: bytes) -> str:
        """Take a raw transaction into the pool: its hash. Raises RpcError as a node would."""
        with self.changed:
            transaction = self.mempool.add(raw)
            self.changed.notify_all()
            return "0x" + transaction.hash.hex()

    def mine(self, *, now: float | None = None) -> Record:
        """Mine one block of whatever can be mined, durable when this returns. Raises OSError with the chain as it was."""
        with self.lock:
            parent = self.evm.head
            timestamp = max(parent.timestamp + 1, int(time.time() if now is None else now))
            try:
                with self._store.one_transaction():
                    chosen = list(self.mempool.executable(base_fee=self.base_fee))
                    ordered = self._ordered()
                    block, refused = self.evm.execute(chosen, timestamp=timestamp, base_fee=ordered)
                    raw = tuple(transaction.encode() for transaction in block.transactions)
                    record = Record(block.number, "0x" + block.hash.hex(), "0x" + parent.hash.hex(), timestamp, raw, ordered)
                    self.journal.append(record)
            except BaseException:
                self.evm.reload()
                raise
            self.mempool.settle()
            for transaction in refused:
                self.mempool.drop(transaction)
            if record.transactions:
                self.busy_blocks.append(record.number)
            return record

    def rewind(self, number: int) -> list[bytes]:
        """Go back to block `number`, durably: the raw transactions of the blocks that are gone, in their order. Raises OSError with
        the chain as it was."""
        with self.lock:
            gone = [block for above in range(number + 1, self.height + 1) for block in [self.evm.block(above)[0]]]
            raw = [transaction.encode() for block in gone for transaction in block.transactions]
            try:
                with self._store.one_transaction():
                    self.evm.rewind(number)
                    self.journal.rewind(number)
            except BaseException:
                self.evm.reload()
                raise
            del self.busy_blocks[bisect_right(self.busy_blocks, number) :]
            return raw

    def busy_between(self, first: int, last: int) -> list[int]:
        """Blocks with transactions in an inclusive range: all that a search for logs has to read."""
        return self.busy_blocks[bisect_left(self.busy_blocks, first) : bisect_right(self.busy_blocks, last)]

    def blocks_since_busy(self) -> int:
        """How many empty blocks lie on top of the last transaction."""
        return self.height - (self.busy_blocks[-1] if self.busy_blocks else 0)

    def has_executable(self) -> bool:
        return next(self.mempool.executable(base_fee=self.base_fee), None) is not None

    def deployer_nonce(self) -> int:
        return self.mempool.pending_nonce(to_canonical_address(self.genesis.deployer))

    def close(self) -> None:
        with self.lock:
            self._opened.close()

    def _open_store(self) -> None:
        self._store = SqliteStore(self._store_path)
        self.evm = Evm(self.genesis, self._store)

    def _hash_of(self, number: int) -> str:
        return "0x" + self.evm.header(number).hash.hex()

    def _catch_up(self) -> None:
        """Bring the store to the journal's head: back to the last block they share, as a crash within a reorg leaves it, or to
        block 0 when it tells another story altogether."""
        height, shared = self.height, self._last_shared()
        if shared is None:
            logger.warning("the store at block %s is not the journal's: executing all %s blocks again", height, self.journal.height)
            self._discard_store()
        elif shared < height:
            with self._store.one_transaction():
                self.evm.rewind(shared)
        for number in range(self.height + 1, self.journal.height + 1):
            self._replay(self.journal.record(number))

    def _last_shared(self) -> int | None:
        top = min(self.height, self.journal.height)
        for number in range(top, max(top - DEEPEST_REORG, 0), -1):
            if self.journal.record(number).hash == self._hash_of(number):
                return number
        return 0 if self.height == 0 else None

    def _discard_store(self) -> None:
        self._store.close()
        for suffix in ("", "-wal", "-shm"):
            self._store_path.with_name(self._store_path.name + suffix).unlink(missing_ok=True)
        self._open_store()

    def _replay(self, record: Record) -> None:
        transactions = [BUILDER.decode(raw) for raw in record.transactions]
        with self._store.one_transaction():
            block, refused = self.evm.execute(transactions, timestamp=record.timestamp, base_fee=record.base_fee)
            if refused or "0x" + block.hash.hex() != record.hash:
                raise JournalCorrupt(f"block {record.number} came out as 0x{block.hash.hex()}, the journal says {record.hash}")
