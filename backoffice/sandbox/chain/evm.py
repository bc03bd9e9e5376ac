"""The EVM itself: py-evm's chain with our genesis, one way to execute a block, and the reads that the RPC methods need.

Everything that a block's hash depends on is given (parent, timestamp, transactions) or constant (coinbase, gas limit, mix hash), so
the same journal leads to the same hashes on any machine.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from eth.abc import BlockAPI, BlockHeaderAPI, ReceiptAPI, SignedTransactionAPI
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.db.schema import SchemaV1
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.address import to_canonical_address
from eth_utils.exceptions import ValidationError

from backoffice.sandbox.chain.genesis import DEPLOYER_WEI, GAS_LIMIT, Genesis
from backoffice.sandbox.chain.store import SqliteStore

COINBASE = Address(bytes.fromhex("c0ffee00000000000000000000000000000b10c5"))
BUILDER = CancunVM.get_transaction_builder()

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A read-only call, or one whose gas is to be estimated."""

    sender: Address
    to: Address
    data: bytes
    value: int
    gas: int


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a call returned; `reverted` with the revert data in `output`, `fault` for every other way to fail."""

    output: bytes
    reverted: bool = False
    fault: str = ""


def base_fee_of(header: BlockHeaderAPI) -> int:
    """Wei per gas that a block burns; every block here has one, since the chain begins after London."""
    if header.base_fee_per_gas is None:
        raise ValueError(f"block {header.block_number} has no base fee")
    return header.base_fee_per_gas


class SandboxVM(CancunVM):
    """Cancun's rules, except that a block may burn another base fee than its parent's use of gas leads to: fees rise by order."""

    @classmethod
    def validate_header(cls, header: BlockHeaderAPI, parent_header: BlockHeaderAPI) -> None:
        usual = calculate_expected_base_fee_per_gas(parent_header)
        super().validate_header(header.copy(base_fee_per_gas=usual), parent_header)


def _chain_class(chain_id: int) -> type[MiningChain]:
    class SandboxChain(MiningChain):
        vm_configuration = ((BlockNumber(0), SandboxVM),)

    SandboxChain.chain_id = chain_id
    return SandboxChain


class Evm:
    """Not safe for threads: the node holds its lock around every use."""

    def __init__(self, genesis: Genesis, store: SqliteStore) -> None:
        self._store, self._database = store, AtomicDB(store)
        self._class = _chain_class(genesis.chain_id)
        if store.exists(b"sandbox:genesis"):
            self.chain = self._class(self._database)
            return
        params = {"coinbase": COINBASE, "difficulty": 0, "extra_data": b"countersign sandbox", "gas_limit": GAS_LIMIT}
        params |= {"mix_hash": Hash32(bytes(32)), "nonce": bytes(8), "timestamp": genesis.timestamp}
        wealth = {to_canonical_address(genesis.deployer): {"balance": DEPLOYER_WEI, "nonce": 0, "code": b"", "storage": {}}}
        with store.one_transaction():
            self.chain = self._class.from_genesis(self._database, params, wealth)  # type: ignore[assignment,arg-type]
            store.set(b"sandbox:genesis", b"1")

    @property
    def head(self) -> BlockHeaderAPI:
        return self.chain.get_canonical_head()

    def reload(self) -> None:
        """Forget what was read from a store transaction that has been rolled back."""
        self.chain = self._class(self._database)

    def rewind(self, number: int) -> None:
        """Make block `number` the head again: what came after it is no longer part of the chain. Call inside the store's
        transaction."""
        chaindb, head = self.chain.chaindb, self.head.block_number
        gone = [BlockNumber(above) for above in range(number + 1, head + 1)]
        # py-evm has no door for it: heads move by score alone, and nobody else's node ever goes back without a longer branch.
        with self._database.atomic_batch() as batch:
            type(chaindb)._decanonicalize_old_headers(batch, gone)  # type: ignore[attr-defined]  # noqa: SLF001 - see above
            batch.set(SchemaV1.make_canonical_head_hash_lookup_key(), self.header(number).hash)
        self.reload()

    def execute(
        self, transactions: Iterable[SignedTransactionAPI], *, timestamp: int, base_fee: int = 0
    ) -> tuple[BlockAPI, list[SignedTransactionAPI]]:
        """Mine the next block on the head and persist it: the block, and the transactions that could not be applied. A `base_fee`
        other than 0 stands in place of what the protocol would make of the parent's.

        Call inside the store's transaction. A transaction that does not apply (its sender can no longer pay, say) is left out and
        the rest of the block goes on, as a real block builder does.
        """
        parent = self.head
        base = self.chain.create_header_from_parent(parent, timestamp=timestamp, coinbase=COINBASE, gas_limit=parent.gas_limit)
        if base_fee:
            base = base.copy(base_fee_per_gas=base_fee)
        vm = self.chain.get_vm(base)
        header, applied, receipts, refused = base, list[SignedTransactionAPI](), list[ReceiptAPI](), list[SignedTransactionAPI]()
        for transaction in transactions:
            try:
                receipt, _ = vm.apply_transaction(header, transaction)
            except ValidationError as error:
                logger.warning("left out of block %s: 0x%s: %s", base.block_number, transaction.hash.hex(), error)
                refused.append(transaction)
                continue
            header = vm.add_receipt_to_header(header, receipt)
            applied.append(transaction)
            receipts.append(receipt)
        filled = vm.set_block_transactions_and_withdrawals(vm.get_block(), header, applied, receipts)
        block = vm.mine_block(filled).block
        self.chain.persist_block(block)
        return block, refused

    def header(self, number: int) -> BlockHeaderAPI:
        """Raises eth.exceptions.HeaderNotFound."""
        return self.chain.get_canonical_block_header_by_number(BlockNumber(number))

    def block(self, number: int) -> tuple[BlockAPI, Sequence[ReceiptAPI]]:
        block = self.chain.get_canonical_block_by_number(BlockNumber(number))
        return block, block.get_receipts(self.chain.chaindb)

    def locate(self, transaction_hash: bytes) -> tuple[int, int]:
        """Block number and index of a mined transaction. Raises eth.exceptions.TransactionNotFound."""
        return self.chain.chaindb.get_transaction_index(Hash32(transaction_hash))

    def nonce(self, address: Address, header: BlockHeaderAPI | None = None) -> int:
        return int(self._state(header).get_nonce(address))

    def balance(self, address: Address, header: BlockHeaderAPI | None = None) -> int:
        return int(self._state(header).get_balance(address))

    def code(self, address: Address, header: BlockHeaderAPI | None = None) -> bytes:
        return bytes(self._state(header).get_code(address))

    def _state(self, header: BlockHeaderAPI | None) -> Any:
        return self.chain.get_vm(header or self.head).state

    def call(self, call: Call, header: BlockHeaderAPI) -> CallResult:
        """Execute without leaving a trace, gas free of charge."""
        with self.chain.get_vm(header).in_costless_state() as state:
            computation = state.costless_execute_transaction(self._spoof(call, state.get_nonce(call.sender)))
        if not computation.is_error:
            return CallResult(computation.output)
        return _failed(computation.error)

    def estimate_gas(self, call: Call, header: BlockHeaderAPI) -> int:
        """Raises eth.exceptions.VMError when the call fails with all the gas of a block."""
        nonce = self.nonce(call.sender, header)
        return int(self.chain.estimate_gas(self._spoof(call, nonce), header))

    def _spoof(self, call: Call, nonce: int) -> Any:
        unsigned = BUILDER.create_unsigned_transaction(
            nonce=nonce, gas_price=0, gas=call.gas, to=call.to, value=call.value, data=call.data
        )
        return SpoofTransaction(unsigned, from_=call.sender)


def _failed(error: Exception) -> CallResult:
    if type(error).__name__ == "Revert":
        return CallResult(error.args[0] if error.args and isinstance(error.args[0], bytes) else b"", reverted=True)
    return CallResult(b"", fault=f"{type(error).__name__}: {error}")
