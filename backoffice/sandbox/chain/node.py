"""A node: chain, journal and pool under one lock. Which journal it executes, and who fills it, is said by what derives from it."""

import logging
import threading
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from contextlib import ExitStack
from pathlib import Path

from backoffice.sandbox.chain.evm import BUILDER, Evm, base_fee_of
from backoffice.sandbox.chain.genesis import Genesis
from backoffice.sandbox.chain.journal import JournalCorrupt, JournalView, Record
from backoffice.sandbox.chain.mempool import Mempool
from backoffice.sandbox.chain.store import SqliteStore

DEEPEST_REORG = 256

logger = logging.getLogger(__name__)


class Node(ABC):
    """What every node of the network can do: execute a journal, answer from it, and take transactions. Mining is the first node's
    alone (`mining`). Everything of it is used while holding `lock`; `changed` wakes whoever waits for a transaction."""

    journal: JournalView
    mempool: Mempool

    def __init__(self, data_dir: Path, genesis: Genesis) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.genesis = genesis
        self._store_path = data_dir / "state.sqlite3"
        with ExitStack() as opened:
            self._open_store()
            opened.callback(lambda: self._store.close())
            self.journal = self._open_journal(data_dir)
            opened.callback(lambda: self.journal.close())
            self._begin()
            self._opened = opened.pop_all()

    @abstractmethod
    def _open_journal(self, data_dir: Path) -> JournalView:
        """The journal that this node executes."""

    @abstractmethod
    def _begin(self) -> None:
        """Come to where the journal ends, and make the pool."""

    @abstractmethod
    def submit(self, raw: bytes) -> str:
        """Take a raw transaction: its hash. Raises RpcError as a node would."""

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
        return base_fee_of(self.evm.chain.create_header_from_parent(self.evm.head))

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
