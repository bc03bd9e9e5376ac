"""The whole outside in the test alone: a chain with blocks and a pool, our signer before it, a bank and a desk beside it.

Whatever is handed over is counted as in `tame`; here it also waits, is mined in the order of its nonce, outbid, forgotten and
reorged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from tests.transfers.incoming import FakeChain
from tests.transfers.tame import Tame, hash_of
from transfers.rails import registry
from transfers.rails.evm import ChainState, FeeCaps, FeeEstimate
from transfers.rails.evm.answers import IndexedTransfer, Nonces
from transfers.rails.registry import Rails
from transfers.rails.signing import CancelIntent, SignedTransaction, SignIntent, SweepIntent


@dataclass
class Whole(FakeChain):
    """`mines` is false while block builders take nothing of what waits in the pool. Only one wallet of ours sends."""

    confirmations: int = 2
    final_depth: int = 4
    mines: bool = True
    tame: Tame = field(default_factory=Tame)
    # By nonce the newest bid that no block holds.
    pool: dict[int, str] = field(default_factory=dict)
    included: dict[str, int] = field(default_factory=dict)
    reverted: set[str] = field(default_factory=set)

    @property
    def bank(self) -> Tame:
        return self.tame

    def bank_of(self, _code: str) -> Tame:
        return self.tame

    @property
    def desks(self) -> dict[str, Tame]:
        return {"desk": self.tame}

    # --- the signer ---

    def sign_transfer(self, intent: SignIntent, *, correlation_id: str = "") -> SignedTransaction:
        return self.tame.sign_transfer(intent, correlation_id=correlation_id)

    def sign_sweep(self, intent: SweepIntent, *, correlation_id: str = "") -> SignedTransaction:
        return self.tame.sign_sweep(intent, correlation_id=correlation_id)

    def sign_cancel(self, intent: CancelIntent, *, correlation_id: str = "") -> SignedTransaction:
        return self.tame.sign_cancel(intent, correlation_id=correlation_id)

    def gas_caps(self) -> dict[int, FeeCaps]:
        return self.tame.gas_caps()

    # --- the node ---

    def estimate_fees(self) -> FeeEstimate:
        return self.tame.estimate_fees()

    def simulate(self, call: object, *, block: int | None = None) -> str:
        return self.tame.simulate(call, block=block)

    def is_deep_enough(self, state: ChainState) -> bool:
        return state.confirmations >= self.confirmations

    def broadcast(self, raw: bytes) -> None:
        """A node that has it already, or another with its nonce in a block, takes it and does nothing."""
        self._answer()
        self.tame.broadcast(raw)
        sent = hash_of(raw)
        nonce = self.tame.nonce_of(sent)
        if nonce >= len(self.included):
            self.pool[nonce] = sent

    def find(self, tx_hash: str) -> ChainState:
        self._answer()
        if tx_hash in self.included:
            return self._mined(tx_hash, self.included[tx_hash])
        return ChainState("pending") if tx_hash in self.pool.values() else super().find(tx_hash)

    def _mined(self, tx_hash: str, number: int) -> ChainState:
        where = (number, self._name(number), len(self.blocks) - number, 21_000)
        if tx_hash in self.reverted:
            return ChainState("reverted", *where)
        return ChainState("mined", *where, self.tame.moved_by(tx_hash))

    def nonces(self, _: str) -> Nonces:
        return Nonces(len(self.included), len(self.included) + len(self.pool))

    def used_nonces(self, _: str, *, depth: int) -> int:
        return sum(number <= len(self.blocks) - depth for number in self.included.values())

    # --- time ---

    def mine(self, blocks: int = 1) -> None:
        """The first of them takes what waits, in the order of its nonces and up to the first gap."""
        for _ in range(blocks):
            self.blocks.append([])
            while self.mines and len(self.included) in self.pool:
                self._include(self.pool.pop(len(self.included)))

    def _include(self, sent: str) -> None:
        number = len(self.blocks) - 1
        self.included[sent] = number
        if self.tame.reverts:
            self.reverted.add(sent)
            return
        moved = self.tame.moved_by(sent)
        self.blocks[-1] += [IndexedTransfer(one, number, self._name(number), sent, len(self.blocks[-1])) for one in moved]

    def reorg(self, depth: int) -> None:
        """Our own transactions in the blocks that go wait in the pool again; what others paid in is mined anew, later."""
        kept = len(self.blocks) - depth
        lost = [log for block in self.blocks[kept:] for log in block if log.transaction_hash not in self.included]
        again = [sent for sent, number in self.included.items() if number >= kept]
        super().reorg(depth)
        for sent in again:
            del self.included[sent]
            self.reverted.discard(sent)
            self.pool[self.tame.nonce_of(sent)] = sent
        for log in lost:
            number = len(self.blocks)
            self.blocks.append([IndexedTransfer(log.transfer, number, self._name(number), log.transaction_hash, 0)])


@contextmanager
def whole_outside() -> Iterator[Whole]:
    """The rails lead to it, for the length of the block."""
    whole = Whole()
    before = registry.use(cast("Rails", whole))
    try:
        yield whole
    finally:
        registry.use(before)
