"""`python -m backoffice.bench.pipeline.chain --port P --data-dir DIR --wallet ADDRESS`: the quickest chain there can be.

It speaks JSON-RPC over HTTP like any node, decodes what it is sent and shows the Transfer log that the token would write, but it
executes nothing: every transaction is in a block of its own at once, and deep at once. What is measured beside it is ours.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import rlp  # type: ignore[import-untyped]
from eth_utils.crypto import keccak

from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.faults import Faults
from backoffice.sandbox.chain.methods import Method
from backoffice.sandbox.chain.rpc import Dispatcher
from backoffice.sandbox.chain.server import ChainServer

CHAIN_ID = 31337
DEPTH = 64
GAS_USED = 51_000
_TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()


class InstantChain:
    """One wallet's transactions, all of them calls of the token's transfer(address,uint256). Used under `lock`."""

    def __init__(self, wallet: str) -> None:
        self.lock = threading.RLock()
        self._wallet, self._mined = wallet, dict[str, tuple[int, list[Any]]]()

    @property
    def height(self) -> int:
        return len(self._mined) + DEPTH

    def methods(self) -> dict[str, Method]:
        return {
            "eth_chainId": lambda: hex(CHAIN_ID),
            "eth_blockNumber": lambda: hex(self.height),
            "eth_feeHistory": lambda *_: {"baseFeePerGas": ["0x1", "0x1"], "reward": [["0x1"]]},
            "eth_maxPriorityFeePerGas": lambda: "0x1",
            "eth_call": lambda *_: "0x" + "1".rjust(64, "0"),
            "eth_getTransactionCount": lambda *_: hex(len(self._mined)),
            "eth_getBlockByNumber": lambda tag, *_: self._block(self.height if tag == "latest" else int(tag, 16)),
            "eth_sendRawTransaction": self._send,
            "eth_getTransactionByHash": lambda tx_hash: {"hash": tx_hash} if tx_hash in self._mined else None,
            "eth_getTransactionReceipt": self._receipt,
        }

    def _send(self, raw: str) -> str:
        sent = bytes.fromhex(raw[2:])
        fields = rlp.decode(sent[1:])
        if not isinstance(fields, list) or len(fields[7]) != 68:
            raise RpcError.invalid_params("only token transfers are taken here")
        tx_hash = "0x" + keccak(sent).hex()
        self._mined.setdefault(tx_hash, (len(self._mined) + 1, fields))
        return tx_hash

    def _block(self, number: int) -> dict[str, str]:
        return {
            "number": hex(number),
            "hash": _hash_of(number),
            "parentHash": _hash_of(number - 1),
            "timestamp": hex(number),
            "baseFeePerGas": "0x1",
        }

    def _receipt(self, tx_hash: str) -> dict[str, Any] | None:
        if tx_hash not in self._mined:
            return None
        number, fields = self._mined[tx_hash]
        token, payload = "0x" + fields[5].hex(), fields[7]
        topics = [_TRANSFER, "0x" + self._wallet[2:].lower().rjust(64, "0"), "0x" + payload[4:36].hex()]
        log = {"address": token, "topics": topics, "data": "0x" + payload[36:68].hex(), "logIndex": "0x0"}
        return {
            "transactionHash": tx_hash,
            "blockNumber": hex(number),
            "blockHash": _hash_of(number),
            "transactionIndex": "0x0",
            "from": self._wallet,
            "status": "0x1",
            "gasUsed": hex(GAS_USED),
            "effectiveGasPrice": "0x2",
            "logs": [log],
        }


def _hash_of(number: int) -> str:
    return "0x" + keccak(number.to_bytes(8, "big", signed=True)).hex()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m backoffice.bench.pipeline.chain")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--wallet", required=True)
    options = parser.parse_args()
    chain = InstantChain(options.wallet)
    faults = Faults(options.data_dir / "orders.json")
    server = ChainServer(("127.0.0.1", options.port), Dispatcher(chain.lock, chain.methods(), faults=faults))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
