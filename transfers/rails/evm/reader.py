"""Reading a chain through one node, for the rail and for whoever indexes blocks. A read that fails did nothing: RetryableError."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from transfers.rails.base import RetryableError
from transfers.rails.evm import hexes
from transfers.rails.evm.answers import (
    Balances,
    Block,
    Holding,
    IndexedTransfer,
    Receipt,
    read_block,
    read_indexed_transfer,
    read_receipt,
    read_senders,
)
from transfers.rails.evm.client import JsonRpcClient, NodeRefused, Request
from transfers.rails.evm.tokens import TRANSFER_TOPIC, balance_of_calldata, topic_of

_LOG_RANGE = 2_000
_RECEIPTS_AT_ONCE = 100
_FULL_BLOCKS_AT_ONCE = 50
_HOLDINGS_AT_ONCE = 100

T = TypeVar("T")


class ChainReader:
    """Safe for threads, as its client is."""

    def __init__(self, client: JsonRpcClient, chain_id: int) -> None:
        self.name, self.chain_id = client.provider, chain_id
        self._client = client
        self._chain_verified = False

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def head(self) -> tuple[int, str]:
        """Number and hash of the newest block."""
        self._verify_chain()
        block = self._block("latest")
        return block.number, block.hash

    def block(self, number: int) -> Block:
        """Raises RetryableError when the node has no such block (yet)."""
        block = self._block(hex(number))
        if block.number != number:
            raise RetryableError(f"asked for block {number}, got {block.number}", provider=self.name)
        return block

    def is_replaced(self, number: int, block_hash: str) -> bool:
        """Whether another block stands at this height. Raises RetryableError when the node has none there (yet)."""
        return self.block(number).hash != block_hash

    def logs(self, first: int, last: int, addresses: Sequence[str], *, parties: Sequence[str] = ()) -> list[IndexedTransfer]:
        """Transfer logs of the token contracts `addresses` in blocks first..last, both included, in chain order.

        With `parties` (wallet addresses), only transfers from or to one of them. Long ranges are asked for in pieces.
        """
        self._verify_chain()
        wanted = [topic_of(party) for party in parties]
        shapes = [[TRANSFER_TOPIC, wanted], [TRANSFER_TOPIC, None, wanted]] if wanted else [[TRANSFER_TOPIC]]
        found: dict[tuple[int, int], IndexedTransfer] = {}
        for start in range(first, last + 1, _LOG_RANGE):
            span = {"fromBlock": hex(start), "toBlock": hex(min(start + _LOG_RANGE - 1, last)), "address": list(addresses)}
            for answer in self._ask([Request("eth_getLogs", ({**span, "topics": topics},)) for topics in shapes]):
                for log in self._read(lambda logs: hexes.listing(logs, "logs"), answer):
                    if (item := self._read(read_indexed_transfer, log)) is not None:
                        found[item.block_number, item.transfer.log_index] = item
        return [found[place] for place in sorted(found)]

    def heads(self) -> list[int]:
        """How far each node is that can be asked: here one."""
        return [self.head()[0]]

    def logs_of_any(self, first: int, last: int, addresses: Sequence[str], *, parties: Sequence[str] = ()) -> list[IndexedTransfer]:
        """What any node shows: here one does."""
        return self.logs(first, last, addresses, parties=parties)

    def receipts(self, tx_hashes: Sequence[str]) -> list[Receipt]:
        """Receipts of mined transactions in the order asked. Raises RetryableError when any of them has none."""
        read: list[Receipt] = []
        for start in range(0, len(tx_hashes), _RECEIPTS_AT_ONCE):
            some = tx_hashes[start : start + _RECEIPTS_AT_ONCE]
            answers = self._ask([Request("eth_getTransactionReceipt", (tx_hash,)) for tx_hash in some])
            if None in answers:
                raise RetryableError(f"the node has no receipt for {some[answers.index(None)]}", provider=self.name)
            read.extend(self._read(read_receipt, answer) for answer in answers)
        return read

    def sent_in(self, first: int, last: int, senders: Sequence[str]) -> list[str]:
        """Hashes of every transaction that `senders` sent in blocks first..last, reverted ones and those without a log included."""
        wanted = {sender.lower() for sender in senders}
        found: list[str] = []
        for start in range(first, last + 1, _FULL_BLOCKS_AT_ONCE):
            numbers = range(start, min(start + _FULL_BLOCKS_AT_ONCE, last + 1))
            for answer in self._ask([Request("eth_getBlockByNumber", (hex(number), True)) for number in numbers]):
                if answer is None:
                    raise RetryableError(f"the node has not all of blocks {first} to {last}", provider=self.name)
                sent = self._read(read_senders, answer)
                found.extend(tx_hash for sender, tx_hash in sent if sender.lower() in wanted)
        return found

    def balances(self, address: str, contract: str) -> Balances:
        """What `address` holds at the head: wei, and minor units of the token at `contract`."""
        self._verify_chain()
        question = {"to": contract, "data": "0x" + balance_of_calldata(address).hex()}
        native, token = self._ask([Request("eth_getBalance", (address, "latest")), Request("eth_call", (question, "latest"))])
        payload = self._read(lambda answer: hexes.data(answer, "token balance"), token)
        if len(payload) != 32:
            raise RetryableError(f"there is no token at {contract}: balanceOf answered {len(payload)} bytes", provider=self.name)
        return Balances(self._quantity(native, "balance"), int.from_bytes(payload, "big"))

    def held_at(self, wanted: Sequence[Holding], *, number: int, block_hash: str) -> list[int]:
        """What each holding held after block `number`, in the order asked, in minor units.

        Raises RetryableError when the node shows another block there, or does not keep that state any more.
        """
        self._verify_chain()
        held: list[int] = []
        for start in range(0, len(wanted), _HOLDINGS_AT_ONCE):
            some = wanted[start : start + _HOLDINGS_AT_ONCE]
            asked = [Request("eth_getBlockByNumber", (hex(number), False)), *(_question(one, hex(number)) for one in some)]
            block, *answers = self._ask(asked)
            if block is None or self._read(read_block, block).hash != block_hash:
                raise RetryableError(f"the node shows another block {number} than the one asked about", provider=self.name)
            held += [self._held(one, answer) for one, answer in zip(some, answers, strict=True)]
        return held

    def _held(self, one: Holding, answer: Any) -> int:
        if not one.contract:
            return self._quantity(answer, "balance")
        payload = self._read(lambda given: hexes.data(given, "token balance"), answer)
        if len(payload) != 32:
            raise RetryableError(f"there is no token at {one.contract}: it answered {len(payload)} bytes", provider=self.name)
        return int.from_bytes(payload, "big")

    def _verify_chain(self) -> None:
        """Once per process: that the node is on the network we think it is."""
        if self._chain_verified:
            return
        (answer,) = self._ask([Request("eth_chainId")])
        if self._quantity(answer, "chain id") != self.chain_id:
            raise RetryableError(f"the node is on chain {int(answer, 16)}, not {self.chain_id}: check its URL", provider=self.name)
        self._chain_verified = True

    def _block(self, tag: str) -> Block:
        (answer,) = self._ask([Request("eth_getBlockByNumber", (tag, False))])
        if answer is None:
            raise RetryableError(f"the node has no block {tag}", provider=self.name)
        return self._read(read_block, answer)

    def _ask(self, requests: Sequence[Request]) -> list[Any]:
        """Reads: whatever goes wrong, nothing happened outside."""
        try:
            return self._client.batch(requests)
        except NodeRefused as refusal:
            raise RetryableError(f"the node refused to say: {refusal.message}", provider=self.name, code=refusal.code) from refusal

    def _read(self, reader: Callable[[Any], T], answer: Any) -> T:
        try:
            return reader(answer)
        except hexes.Malformed as error:
            raise RetryableError(f"the node's answer cannot be read: {error}", provider=self.name) from error

    def _quantity(self, answer: Any, what: str) -> int:
        return self._read(lambda value: hexes.quantity(value, what), answer)


def _question(one: Holding, tag: str) -> Request:
    if not one.contract:
        return Request("eth_getBalance", (one.address, tag))
    return Request("eth_call", ({"to": one.contract, "data": "0x" + balance_of_calldata(one.address).hex()}, tag))
