"""Blocks, transactions, receipts and logs in the JSON shapes of Ethereum's execution API."""

from collections.abc import Sequence
from typing import Any

from eth.abc import BlockAPI, LogAPI, ReceiptAPI, SignedTransactionAPI
from eth_utils.address import to_canonical_address
from eth_utils.crypto import keccak
from rlp import encode  # type: ignore[import-untyped]

from backoffice.sandbox.chain.evm import base_fee_of

Json = dict[str, Any]


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


def block_json(block: BlockAPI, *, full: bool) -> Json:
    header = block.header
    listed = [transaction_json(item, block, index) if full else hexed(item.hash) for index, item in enumerate(block.transactions)]
    return {
        "number": hex(header.block_number),
        "hash": hexed(header.hash),
        "parentHash": hexed(header.parent_hash),
        "timestamp": hex(header.timestamp),
        "miner": hexed(header.coinbase),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "baseFeePerGas": hex(base_fee_of(header)),
        "stateRoot": hexed(header.state_root),
        "transactionsRoot": hexed(header.transaction_root),
        "receiptsRoot": hexed(header.receipt_root),
        "logsBloom": hexed(header.bloom.to_bytes(256, "big")),
        "sha3Uncles": hexed(header.uncles_hash),
        "mixHash": hexed(header.mix_hash),
        "nonce": hexed(header.nonce),
        "difficulty": hex(header.difficulty),
        "extraData": hexed(header.extra_data),
        "size": hex(len(encode(block))),
        "uncles": [],
        "withdrawals": [],
        "transactions": listed,
    }


def transaction_json(transaction: SignedTransactionAPI, block: BlockAPI | None, index: int | None) -> Json:
    """A transaction; without a block it is a pending one."""
    base_fee = None if block is None else base_fee_of(block.header)
    return {
        "hash": hexed(transaction.hash),
        "type": hex(transaction.type_id or 0),
        "chainId": hex(transaction.chain_id or 0),
        "nonce": hex(transaction.nonce),
        "from": hexed(transaction.sender),
        "to": hexed(transaction.to) if transaction.to else None,
        "value": hex(transaction.value),
        "input": hexed(transaction.data),
        "gas": hex(transaction.gas),
        "gasPrice": hex(transaction.max_fee_per_gas if base_fee is None else effective_price(transaction, base_fee)),
        "maxFeePerGas": hex(transaction.max_fee_per_gas),
        "maxPriorityFeePerGas": hex(transaction.max_priority_fee_per_gas),
        "accessList": [],
        "yParity": hex(transaction.y_parity),
        "v": hex(transaction.y_parity),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
        "blockHash": None if block is None else hexed(block.hash),
        "blockNumber": None if block is None else hex(block.number),
        "transactionIndex": None if index is None else hex(index),
    }


def effective_price(transaction: SignedTransactionAPI, base_fee: int) -> int:
    """Wei per gas that the sender really paid (EIP-1559)."""
    return min(transaction.max_fee_per_gas, base_fee + transaction.max_priority_fee_per_gas)


def receipt_json(block: BlockAPI, receipts: Sequence[ReceiptAPI], logs: list[Json], index: int) -> Json:
    """The receipt of the transaction at `index`; `logs` are those of the whole block."""
    transaction, receipt = block.transactions[index], receipts[index]
    before = receipts[index - 1].gas_used if index else 0
    return {
        "transactionHash": hexed(transaction.hash),
        "transactionIndex": hex(index),
        "blockHash": hexed(block.hash),
        "blockNumber": hex(block.number),
        "from": hexed(transaction.sender),
        "to": hexed(transaction.to) if transaction.to else None,
        "contractAddress": None if transaction.to else hexed(_created_address(transaction)),
        "type": hex(transaction.type_id or 0),
        "status": hex(1 if receipt.state_root == b"\x01" else 0),
        "gasUsed": hex(receipt.gas_used - before),
        "cumulativeGasUsed": hex(receipt.gas_used),
        "effectiveGasPrice": hex(effective_price(transaction, base_fee_of(block.header))),
        "logsBloom": hexed(receipt.bloom.to_bytes(256, "big")),
        "logs": [item for item in logs if item["transactionIndex"] == hex(index)],
    }


def logs_json(block: BlockAPI, receipts: Sequence[ReceiptAPI]) -> list[Json]:
    """Every log of a block, numbered through the block as the protocol has it."""
    flat = [(index, log) for index, receipt in enumerate(receipts) for log in receipt.logs]
    return [_log_json(block, index, log, position) for position, (index, log) in enumerate(flat)]


def _log_json(block: BlockAPI, index: int, log: LogAPI, position: int) -> Json:
    return {
        "address": hexed(log.address),
        "topics": [hexed(topic.to_bytes(32, "big")) for topic in log.topics],
        "data": hexed(log.data),
        "logIndex": hex(position),
        "transactionHash": hexed(block.transactions[index].hash),
        "transactionIndex": hex(index),
        "blockHash": hexed(block.hash),
        "blockNumber": hex(block.number),
        "removed": False,
    }


def _created_address(transaction: SignedTransactionAPI) -> bytes:
    return to_canonical_address(keccak(encode([transaction.sender, transaction.nonce]))[12:])
