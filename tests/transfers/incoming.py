"""A chain and a signer that exist in the test alone: blocks, deposits in them, and reorgs, as fast as they can be said."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.transfers.world import USDC
from transfers.commands.deposits.addresses import open_crypto_address
from transfers.commands.providers import nodes_set_aside
from transfers.models import DepositAddress
from transfers.rails import registry
from transfers.rails.base import RetryableError
from transfers.rails.evm import ChainState, TokenTransfer
from transfers.rails.evm.answers import Block, IndexedTransfer
from transfers.rails.evm.nodes import EvmNodes
from transfers.rails.registry import Rails, RailSettings

TOKEN = "0x" + "11" * 20
SENDER = to_checksum_address("0x" + "5e" * 20)
GENESIS = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class FakeChain:
    """`blocks` are lists of logs; the number of a block is its place. A reorg takes blocks away and makes others of other names."""

    settings: RailSettings = field(default_factory=RailSettings)
    confirmations: int = 1
    final_depth: int = 3
    name: str = "node"
    chain_id: int = 31337
    is_away: bool = False
    blocks: list[list[IndexedTransfer]] = field(default_factory=lambda: [[]])
    forks: int = 0
    born: list[int] = field(default_factory=list)

    @property
    def evm(self) -> "FakeChain":
        return self

    signer = evm

    def deposit_address(self, name: str) -> str:
        return str(to_checksum_address(keccak(text=name)[-20:]))

    def head(self) -> tuple[int, str]:
        self._answer()
        return len(self.blocks) - 1, self._name(len(self.blocks) - 1)

    def block(self, number: int) -> Block:
        self._answer()
        if number >= len(self.blocks):
            raise RetryableError("there is no such block yet", provider=self.name)
        stamp = int(GENESIS.timestamp()) + 2 * number
        return Block(number, self._name(number), self._name(number - 1), stamp, None)

    def heads(self) -> list[int]:
        return [self.head()[0]]

    def logs_of_any(self, first: int, last: int, addresses: Any, *, parties: Any = ()) -> list[IndexedTransfer]:
        return self.logs(first, last, addresses, parties=parties)

    def logs(self, first: int, last: int, addresses: Any, *, parties: Any = ()) -> list[IndexedTransfer]:  # noqa: ARG002 - one token
        self._answer()
        wanted = {party.lower() for party in parties}
        return [
            log
            for block in self.blocks[first : last + 1]
            for log in block
            if {log.transfer.sender.lower(), log.transfer.recipient.lower()} & wanted
        ]

    def receipts(self, _: Any) -> list[Any]:
        return []

    def sent_in(self, *_: Any) -> list[str]:
        return []

    def find(self, tx_hash: str) -> ChainState:
        self._answer()
        for number, block in enumerate(self.blocks):
            logs = tuple(log.transfer for log in block if log.transaction_hash == tx_hash)
            if logs:
                return ChainState("mined", number, self._name(number), len(self.blocks) - number, 21_000, logs)
        return ChainState("unknown")

    def is_replaced(self, number: int, block_hash: str) -> bool:
        return self.block(number).hash != block_hash

    def mine(self, blocks: int = 1) -> None:
        self.blocks += [[] for _ in range(blocks)]

    def pay(self, to: str, amount: int, *, tx: str = "a", log_index: int = 0) -> str:
        """A new block with one transfer; the hash of its transaction."""
        self.blocks.append([self.log(to, amount, tx=tx, log_index=log_index, number=len(self.blocks))])
        return self.blocks[-1][0].transaction_hash

    def log(self, to: str, amount: int, *, tx: str, log_index: int, number: int) -> IndexedTransfer:
        moved = TokenTransfer(TOKEN, SENDER, to, amount, log_index)
        return IndexedTransfer(moved, number, self._name(number), "0x" + keccak(text=tx).hex(), 0)

    def reorg(self, depth: int) -> None:
        """The last `depth` blocks are replaced by as many empty ones."""
        kept = len(self.blocks) - depth
        self._name(len(self.blocks) - 1)
        self.forks += 1
        self.blocks, self.born = self.blocks[:kept] + [[] for _ in range(depth)], self.born[:kept]

    def _answer(self) -> None:
        if self.is_away:
            raise RetryableError("it does not answer", provider=self.name)

    def _name(self, number: int) -> str:
        """A block keeps the name it was born with, through every reorg above it."""
        self.born += [self.forks] * (number + 1 - len(self.born))
        return "0x" + keccak(text=f"{self.born[number]}/{number}").hex()


@contextmanager
def fake_chain() -> Iterator[FakeChain]:
    """The rails lead to it, for the length of the block."""
    chain = FakeChain()
    before = registry.use(cast("Rails", chain))
    try:
        yield chain
    finally:
        registry.use(before)


@dataclass(frozen=True)
class TwoNodes:
    """The same chain at two nodes, each of which can be told to be away or on another branch."""

    first: FakeChain
    second: FakeChain
    evm: EvmNodes

    settings = RailSettings()

    @property
    def signer(self) -> FakeChain:
        return self.first

    def pay(self, to: str, amount: int) -> None:
        for node in (self.first, self.second):
            node.pay(to, amount)

    def mine(self, blocks: int = 1) -> None:
        for node in (self.first, self.second):
            node.mine(blocks)


@contextmanager
def two_nodes() -> Iterator[TwoNodes]:
    """The rails lead to both, for the length of the block."""
    first, second = FakeChain(), FakeChain(name="node-2")
    chain = TwoNodes(first, second, EvmNodes(cast("Any", (first, second)), set_aside=nodes_set_aside))
    before = registry.use(cast("Rails", chain))
    try:
        yield chain
    finally:
        registry.use(before)


def address_of(client_id: str = "acme") -> DepositAddress:
    return open_crypto_address(client_id=client_id, network=USDC.partition(".")[2])
