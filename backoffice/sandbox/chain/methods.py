"""The JSON-RPC methods of the chain, by name, with the parameters of the execution API in order. All run under the node's lock."""

from collections.abc import Callable
from typing import Any

from eth.exceptions import VMError
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_typing import Address

from backoffice.sandbox.chain import fees, params
from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.evm import Call
from backoffice.sandbox.chain.genesis import GAS_LIMIT
from backoffice.sandbox.chain.logs import find_logs
from backoffice.sandbox.chain.node import Node
from backoffice.sandbox.chain.reader import Reader
from backoffice.sandbox.chain.shapes import block_json, hexed, receipt_json, transaction_json
from backoffice.sandbox.chain.wallet import PRIORITY_FEE_WEI

Method = Callable[..., Any]
_ERROR_STRING_SELECTOR = bytes.fromhex("08c379a0")


def ethereum_methods(node: Node) -> dict[str, Method]:
    """Everything that a real node offers too."""
    reader = Reader(node)
    return _about_the_chain(node) | _about_blocks(reader) | _about_accounts(node, reader) | _about_transactions(node, reader)


def _about_the_chain(node: Node) -> dict[str, Method]:
    return {
        "web3_clientVersion": lambda: "CountersignSandbox/1.0/py-evm",
        "net_version": lambda: str(node.genesis.chain_id),
        "eth_chainId": lambda: hex(node.genesis.chain_id),
        "eth_blockNumber": lambda: hex(node.height),
        "eth_syncing": lambda: False,
        "eth_gasPrice": lambda: hex(node.base_fee + PRIORITY_FEE_WEI),
        "eth_maxPriorityFeePerGas": lambda: hex(PRIORITY_FEE_WEI),
    }


def _about_blocks(reader: Reader) -> dict[str, Method]:
    def by_number(tag: Any, full: Any = False) -> Any:
        found = reader.by_number(tag)
        return None if found is None else block_json(found.block, full=full is True)

    def by_hash(block_hash: Any, full: Any = False) -> Any:
        found = reader.by_hash(params.data(block_hash, size=32))
        return None if found is None else block_json(found.block, full=full is True)

    return {
        "eth_getBlockByNumber": by_number,
        "eth_getBlockByHash": by_hash,
        "eth_getLogs": lambda query: find_logs(reader, params.mapping(query)),
        "eth_feeHistory": lambda count, newest, percentiles=None: fees.history(reader, count, newest, percentiles or []),
    }


def _about_accounts(node: Node, reader: Reader) -> dict[str, Method]:
    def count(who: Any, tag: Any = "latest") -> str:
        if tag == "pending":
            return hex(node.mempool.pending_nonce(params.address(who)))
        return hex(node.evm.nonce(params.address(who), reader.header_at(tag)))

    def call(request: Any, tag: Any = "latest") -> str:
        result = node.evm.call(_call(request), reader.header_at(tag))
        if result.reverted:
            raise RpcError.reverted(_reason(result.output), result.output)
        if result.fault:
            raise RpcError.server(result.fault)
        return hexed(result.output)

    def estimate(request: Any, tag: Any = "latest") -> str:
        wanted, header = _call(request), reader.header_at(tag)
        result = node.evm.call(wanted, header)
        if result.reverted:
            raise RpcError.reverted(_reason(result.output), result.output)
        try:
            return hex(node.evm.estimate_gas(wanted, header))
        except VMError as error:
            raise RpcError.server(f"gas required exceeds allowance ({GAS_LIMIT}): {error}") from error

    return {
        "eth_getTransactionCount": count,
        "eth_getBalance": lambda who, tag="latest": hex(node.evm.balance(params.address(who), reader.header_at(tag))),
        "eth_getCode": lambda who, tag="latest": hexed(node.evm.code(params.address(who), reader.header_at(tag))),
        "eth_call": call,
        "eth_estimateGas": estimate,
    }


def _about_transactions(node: Node, reader: Reader) -> dict[str, Method]:
    def by_hash(transaction_hash: Any) -> Any:
        wanted = params.data(transaction_hash, size=32)
        if (waiting := node.mempool.find(wanted)) is not None:
            return transaction_json(waiting, None, None)
        found = reader.of_transaction(wanted)
        return None if found is None else transaction_json(found[0].block.transactions[found[1]], found[0].block, found[1])

    def receipt(transaction_hash: Any) -> Any:
        found = reader.of_transaction(params.data(transaction_hash, size=32))
        return None if found is None else receipt_json(found[0].block, found[0].receipts, found[0].logs, found[1])

    return {
        "eth_sendRawTransaction": lambda raw: node.submit(params.data(raw)),
        "eth_getTransactionByHash": by_hash,
        "eth_getTransactionReceipt": receipt,
    }


def _call(request: Any) -> Call:
    fields = params.mapping(request)
    return Call(
        sender=params.address(fields["from"]) if fields.get("from") else Address(bytes(20)),
        to=params.address(fields["to"]) if fields.get("to") else Address(b""),
        data=params.data(fields.get("input") or fields.get("data") or "0x"),
        value=params.quantity(fields.get("value") or "0x0"),
        gas=min(params.quantity(fields["gas"]), GAS_LIMIT) if fields.get("gas") else GAS_LIMIT,
    )


def _reason(output: bytes) -> str:
    """The words in a revert, where the contract gave some as `Error(string)`."""
    if output[:4] != _ERROR_STRING_SELECTOR:
        return ""
    try:
        return str(decode(["string"], output[4:])[0])
    except DecodingError:
        return ""
