"""Finding blocks, receipts and logs by what a caller knows of them; recent blocks are kept decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI
from eth.exceptions import HeaderNotFound, TransactionNotFound
from eth_typing import Hash32

from backoffice.sandbox.chain import params
from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.node import Node
from backoffice.sandbox.chain.shapes import Json, logs_json


@dataclass(frozen=True, slots=True)
class Decoded:
    """A block with its receipts, and its logs as they are answered."""

    block: BlockAPI
    receipts: Sequence[ReceiptAPI]
    logs: list[Json]


class Reader:
    """Used under the node's lock."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._decode = lru_cache(maxsize=128)(self._decode_uncached)

    @property
    def head(self) -> BlockHeaderAPI:
        return self.node.evm.head

    def decoded(self, number: int) -> Decoded:
        """Raises HeaderNotFound. Kept by hash, so a block of another branch is never mistaken for this one."""
        return self._decode(number, self.node.evm.header(number).hash)

    def _decode_uncached(self, number: int, _hash: bytes) -> Decoded:
        block, receipts = self.node.evm.block(number)
        return Decoded(block, receipts, logs_json(block, receipts))

    def header_at(self, tag: Any) -> BlockHeaderAPI:
        """The header that a state is to be read at. Raises RpcError when there is no such block."""
        number = params.block_number(tag, head=self.head.block_number)
        if number > self.head.block_number:
            raise RpcError.server("header not found")
        return self.node.evm.header(number)

    def by_number(self, tag: Any) -> Decoded | None:
        number = params.block_number(tag, head=self.head.block_number)
        return self.decoded(number) if number <= self.head.block_number else None

    def by_hash(self, block_hash: bytes) -> Decoded | None:
        try:
            number = self.node.evm.chain.get_block_header_by_hash(Hash32(block_hash)).block_number
            found = self.decoded(number)
        except HeaderNotFound:
            return None
        return found if found.block.hash == block_hash else None

    def of_transaction(self, transaction_hash: bytes) -> tuple[Decoded, int] | None:
        """The block of a mined transaction and its index in it."""
        try:
            number, index = self.node.evm.locate(transaction_hash)
        except TransactionNotFound:
            return None
        return self.decoded(number), index
