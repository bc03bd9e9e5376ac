"""Transactions waiting to be mined, kept and refused by geth's rules and in geth's words.

The pool lives in memory only. A node that dies forgets it, as real nodes may: whoever sent a transaction has to look for it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from eth.abc import SignedTransactionAPI
from eth_typing import Address
from eth_utils.address import to_checksum_address

from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.evm import BUILDER, Evm
from backoffice.sandbox.chain.genesis import GAS_LIMIT

REPLACEMENT_BUMP_PERCENT = 10


@dataclass(slots=True)
class Mempool:
    """Per sender, by nonce. `arrivals` keeps the order in which senders are served."""

    evm: Evm
    chain_id: int
    waiting: dict[Address, dict[int, SignedTransactionAPI]] = field(default_factory=dict)
    by_hash: dict[bytes, SignedTransactionAPI] = field(default_factory=dict)
    # What was replaced, oldest first: some block builder far away may still hold it.
    replaced: dict[tuple[Address, int], list[SignedTransactionAPI]] = field(default_factory=dict)
    originals_first: bool = False
    # Calls that name one of these are left waiting.
    overlooked: frozenset[Address] = frozenset()

    def __len__(self) -> int:
        return len(self.by_hash)

    def add(self, raw: bytes) -> SignedTransactionAPI:
        """Take a signed transaction. Raises RpcError -32000 with geth's message when a node would refuse it."""
        transaction = _decode(raw)
        if transaction.hash in self.by_hash:
            raise RpcError.server("already known")
        self._check(transaction)
        nonces = self.waiting.setdefault(transaction.sender, {})
        replaced = nonces.get(transaction.nonce)
        if replaced is not None:
            _check_replacement(replaced, transaction)
            del self.by_hash[replaced.hash]
            self.replaced.setdefault((replaced.sender, replaced.nonce), []).append(replaced)
        nonces[transaction.nonce] = transaction
        self.by_hash[transaction.hash] = transaction
        return transaction

    def _check(self, transaction: SignedTransactionAPI) -> None:
        if transaction.chain_id != self.chain_id:
            raise RpcError.server(f"invalid chain id for signer: have {transaction.chain_id} want {self.chain_id}")
        if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
            raise RpcError.server("max priority fee per gas higher than max fee per gas")
        if transaction.max_priority_fee_per_gas < 1:
            raise RpcError.server("transaction underpriced: gas tip cap 0, minimum needed 1")
        if transaction.gas > GAS_LIMIT:
            raise RpcError.server("exceeds block gas limit")
        if transaction.gas < transaction.intrinsic_gas:
            raise RpcError.server(f"intrinsic gas too low: gas {transaction.gas}, minimum needed {transaction.intrinsic_gas}")
        expected = self.evm.nonce(transaction.sender)
        if transaction.nonce < expected:
            raise RpcError.server(f"nonce too low: next nonce {expected}, tx nonce {transaction.nonce}")
        balance = self.evm.balance(transaction.sender)
        needed = transaction.gas * transaction.max_fee_per_gas + transaction.value
        if balance < needed:
            who = to_checksum_address(transaction.sender)
            raise RpcError.server(f"insufficient funds for gas * price + value: address {who} have {balance} want {needed}")

    def find(self, transaction_hash: bytes) -> SignedTransactionAPI | None:
        """A waiting transaction."""
        return self.by_hash.get(transaction_hash)

    def pending_nonce(self, sender: Address) -> int:
        """The next nonce of a sender, counting what waits without a gap."""
        nonce, waiting = self.evm.nonce(sender), self.waiting.get(sender, {})
        while nonce in waiting:
            nonce += 1
        return nonce

    def executable(self, *, base_fee: int) -> Iterator[SignedTransactionAPI]:
        """What fits into the next block: each sender's run of nonces from the next one on, while the cap covers the base fee."""
        gas_left = GAS_LIMIT
        for sender in self.waiting:
            nonce = self.evm.nonce(sender)
            while (transaction := self._candidate(sender, nonce)) is not None and self._is_wanted(transaction, base_fee):
                if transaction.gas > gas_left:
                    return
                gas_left -= transaction.gas
                yield transaction
                nonce += 1

    def _candidate(self, sender: Address, nonce: int) -> SignedTransactionAPI | None:
        if self.originals_first and (older := self.replaced.get((sender, nonce))):
            return older[0]
        return self.waiting[sender].get(nonce)

    def _is_wanted(self, transaction: SignedTransactionAPI, base_fee: int) -> bool:
        named = any(transaction.data.find(address) >= 0 for address in self.overlooked)
        return transaction.max_fee_per_gas >= base_fee and not named

    def settle(self) -> None:
        """Drop what the chain has moved past: mined transactions and those whose nonce another one has used."""
        for sender in list(self.waiting):
            expected, nonces = self.evm.nonce(sender), self.waiting[sender]
            for nonce in [nonce for nonce in nonces if nonce < expected]:
                del self.by_hash[nonces.pop(nonce).hash]
            if not nonces:
                del self.waiting[sender]
        for sender, nonce in [place for place in self.replaced if place[1] < self.evm.nonce(place[0])]:
            del self.replaced[sender, nonce]

    def forget(self, transaction_hash: bytes | None = None) -> list[bytes]:
        """Lose one waiting transaction, or all of them: their hashes."""
        lost = [hash_ for hash_ in self.by_hash if transaction_hash in (None, hash_)]
        for hash_ in lost:
            transaction = self.by_hash[hash_]
            self.replaced.pop((transaction.sender, transaction.nonce), None)
            self.drop(transaction)
        return lost

    def drop(self, transaction: SignedTransactionAPI) -> None:
        """Forget one that turned out not to be executable."""
        if self.by_hash.pop(transaction.hash, None) is not None:
            nonces = self.waiting[transaction.sender]
            del nonces[transaction.nonce]
            if not nonces:
                del self.waiting[transaction.sender]


def _decode(raw: bytes) -> SignedTransactionAPI:
    if not raw:
        raise RpcError.server("typed transaction too short")
    if raw[0] < 0x80 and raw[0] not in (1, 2):
        raise RpcError.server("transaction type not supported")
    try:
        transaction = BUILDER.decode(raw)
        transaction.check_signature_validity()
        signed_for = transaction.chain_id
    except Exception as error:  # py-evm and rlp raise a zoo of their own for malformed bytes; all of it is one answer to the sender
        raise RpcError.server(f"rlp: {error}") from error
    if signed_for is None:
        raise RpcError.server("only replay-protected (EIP-155) transactions allowed over RPC")
    return transaction


def _check_replacement(old: SignedTransactionAPI, new: SignedTransactionAPI) -> None:
    """A replacement must bid at least ten percent more, in both fees."""
    for bid, former in (
        (new.max_fee_per_gas, old.max_fee_per_gas),
        (new.max_priority_fee_per_gas, old.max_priority_fee_per_gas),
    ):
        if bid * 100 < former * (100 + REPLACEMENT_BUMP_PERCENT):
            raise RpcError.server("replacement transaction underpriced")
