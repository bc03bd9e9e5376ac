"""The node that mines, and the order in which a block becomes durable.

A block is executed in an open store transaction, then journalled (fsync), then the store commits. Dying before the journal line
loses a block nobody was told of; dying after it leaves a store that is behind, and the next start executes what is missing.
"""

import time
from pathlib import Path

from eth_utils.address import to_canonical_address

from backoffice.sandbox.chain.genesis import Genesis
from backoffice.sandbox.chain.journal import Journal, Record
from backoffice.sandbox.chain.mempool import Mempool
from backoffice.sandbox.chain.node import Node
from backoffice.sandbox.chain.wallet import sign


class MiningNode(Node):
    """The first node of a network: its journal is the chain."""

    journal: Journal

    def __init__(self, data_dir: Path, genesis: Genesis) -> None:
        # Ordered for blocks up to this number: wei per gas.
        self.ordered_base_fee, self._ordered_until = 0, 0
        super().__init__(data_dir, genesis)

    @property
    def base_fee(self) -> int:
        """What the next block will burn per gas, in wei."""
        return self._ordered() or super().base_fee

    def order_base_fee(self, wei: int, *, blocks: int) -> None:
        """Let the next `blocks` blocks burn this much per gas, whatever the protocol would make of it."""
        with self.changed:
            self.ordered_base_fee, self._ordered_until = wei, self.height + blocks
            self.changed.notify_all()

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

    def is_awaited(self) -> bool:
        """Whether somebody waits for the next blocks: with a transaction, or until the fees that were ordered are over."""
        return len(self.mempool) > 0 or self._ordered() > 0

    def deployer_nonce(self) -> int:
        return self.mempool.pending_nonce(to_canonical_address(self.genesis.deployer))

    def _open_journal(self, data_dir: Path) -> Journal:
        return Journal(data_dir / "blocks.jsonl", genesis_hash=self._hash_of(0))

    def _begin(self) -> None:
        """Come to where the journal ends; on a new chain, put the token on it."""
        self._come_to_journal()
        self.mempool = Mempool(self.evm, self.genesis.chain_id)
        if self.height == 0:
            self.mempool.add(sign(self.genesis, nonce=0, to=None, data=self.genesis.token_bytecode, gas=2_000_000))
            self.mine()
