"""A second node of the same network: it executes the blocks that the first one journals, and keeps a view of its own.

It mines nothing. What it is sent it passes on to the first node at once, past whatever that one was ordered to do to its callers,
as nodes gossip among themselves; while the first node is away it keeps the bytes and passes them on later.
"""

import json
import threading
from pathlib import Path
from typing import Any

import httpx
from eth.abc import SignedTransactionAPI
from eth_typing import Address

from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.evm import BUILDER
from backoffice.sandbox.chain.genesis import Genesis
from backoffice.sandbox.chain.journal import JournalCorrupt, JournalView, Record, read_record, rewound_to
from backoffice.sandbox.chain.mempool import Mempool
from backoffice.sandbox.chain.node import Node

LOOK_EVERY_S = 0.2


class FollowedJournal(JournalView):
    """Another node's journal, read as it grows. A line counts once it is whole."""

    def __init__(self, path: Path, *, genesis_hash: str) -> None:
        self._reading = path.open("rb")
        self._rest = b""
        head, *lines = self.fresh()
        if json.loads(head)["genesis"] != genesis_hash:
            raise JournalCorrupt(f"{path} was written for another genesis than {genesis_hash}")
        super().__init__(lines)

    def fresh(self) -> list[bytes]:
        """The whole lines that were added since the last look."""
        *lines, self._rest = (self._rest + self._reading.read()).split(b"\n")
        return lines

    def close(self) -> None:
        self._reading.close()


class Peer:
    """The first node, as its fellow node talks to it."""

    def __init__(self, url: str) -> None:
        self._url, self._http = url, httpx.Client(timeout=10, trust_env=False)
        self.undelivered: dict[bytes, bytes] = {}

    def gossip(self, raw: bytes) -> str:
        """The hash. Raises RpcError as the first node does; while it is away the bytes are kept."""
        transaction = BUILDER.decode(raw)
        try:
            return str(self._call("sandbox_gossip", "0x" + raw.hex()))
        except httpx.HTTPError:
            self.undelivered[transaction.hash] = raw
            return "0x" + transaction.hash.hex()

    def deliver(self) -> None:
        """Pass on what could not be passed on before."""
        for hash_, raw in list(self.undelivered.items()):
            del self.undelivered[hash_]
            try:
                self.gossip(raw)
            except RpcError:
                continue

    def waiting(self, transaction_hash: bytes) -> bytes | None:
        raw = self._call("sandbox_waiting", "0x" + transaction_hash.hex())
        return None if raw is None else bytes.fromhex(raw[2:])

    def pending_nonce(self, address: bytes) -> int:
        return int(self._call("sandbox_pending", "0x" + address.hex()), 16)

    def _call(self, method: str, *params: Any) -> Any:
        answer = self._http.post(self._url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()
        if "error" in answer:
            raise RpcError(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]


class FollowedPool(Mempool):
    """What waits at the first node, and what it does not know yet."""

    peer: Peer

    def find(self, transaction_hash: bytes) -> SignedTransactionAPI | None:
        raw = self.peer.undelivered.get(transaction_hash)
        try:
            raw = raw or self.peer.waiting(transaction_hash)
        except httpx.HTTPError:
            return None
        return None if raw is None else BUILDER.decode(raw)

    def pending_nonce(self, sender: Address) -> int:
        try:
            return max(self.peer.pending_nonce(sender), self.evm.nonce(sender))
        except httpx.HTTPError:
            return self.evm.nonce(sender)


class Follower(Node):
    """Reads answer from its own execution of the journal, brought up to date before every answer."""

    journal: FollowedJournal

    def __init__(self, data_dir: Path, genesis: Genesis, *, leader: Path, url: str) -> None:
        self._leader, self.peer = leader, Peer(url)
        super().__init__(data_dir, genesis)

    def _open_journal(self, data_dir: Path) -> FollowedJournal:  # noqa: ARG002 - the other node's is read
        return FollowedJournal(self._leader / "blocks.jsonl", genesis_hash=self._hash_of(0))

    def _begin(self) -> None:
        self._come_to_journal()
        self.mempool = FollowedPool(self.evm, self.genesis.chain_id)
        self.mempool.peer = self.peer

    def submit(self, raw: bytes) -> str:
        return self.peer.gossip(raw)

    def catch_up(self) -> None:
        """Execute what was journalled since the last look."""
        with self.lock:
            for line in self.journal.fresh():
                if (number := rewound_to(line)) is not None:
                    self.rewind(number)
                    continue
                record = read_record(line, self.height + 1)
                self._replay(record)
                if record.transactions:
                    self.busy_blocks.append(record.number)

    def _replay(self, record: Record) -> None:
        try:
            super()._replay(record)
        except BaseException:
            self.evm.reload()
            raise


class Following(threading.Thread):
    """Keeps a follower near the head while nobody asks it anything."""

    def __init__(self, node: Follower) -> None:
        super().__init__(name="following", daemon=True)
        self._node, self._stopping = node, threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            self._node.catch_up()
            self._node.peer.deliver()

    def stop(self) -> None:
        self._stopping.set()
        self.join(timeout=30)
