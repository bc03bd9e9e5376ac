"""The sandbox chain as tests use it: the real process on a free port, asked over HTTP."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from eth_account import Account
from eth_account.signers.local import LocalAccount

from backoffice.sandbox.chain.orders import ChainOrders
from transfers.rails.evm.tokens import transfer_calldata

ROOT = Path(__file__).resolve().parents[2]
CHAIN_ID = 31337
# Far longer than any test: blocks are mined when a test asks for one.
NEVER = 3600.0


class Refusal(Exception):
    """The `error` member of an answer."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code, self.message = error["code"], error["message"]


class Chain:
    """One chain in a directory. It may be stopped, killed and started again on what it left there."""

    def __init__(self, directory: Path, *, block_time: float = NEVER, idle_time: float = NEVER, follow: Path | None = None) -> None:
        self.directory, self._follow = directory, follow
        self._times = ["--block-time", str(block_time), "--idle-time", str(idle_time)]
        self._port, self._references = 0, itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(timeout=30, trust_env=False)

    def start(self) -> "Chain":
        self.directory.mkdir(parents=True, exist_ok=True)
        network = self.directory / "network.json"
        network.unlink(missing_ok=True)
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not network.exists():
            assert self._process.poll() is None, (self.directory / "log").read_text()
            assert time.monotonic() < deadline, "the chain did not start"
            time.sleep(0.02)
        self.url = json.loads(network.read_text())["networks"][0]["rpc_url"]
        self._port = int(self.url.rsplit(":", 1)[1])
        return self

    def command(self) -> list[str]:
        """The port is kept over restarts, so that whoever talks to the chain finds it again."""
        following = [] if self._follow is None else ["--follow", str(self._follow)]
        place = ["--port", str(self._port), "--data-dir", str(self.directory)]
        return [sys.executable, "-m", "backoffice.sandbox.chain", *place, *self._times, *following]

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As a power cut does it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As a supervisor does it."""
        self._end(signal.SIGTERM)

    def close(self) -> None:
        """End it for good."""
        self.kill()
        self._http.close()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            os.kill(self._process.pid, how)
            self._process.wait(timeout=30)
            self._process = None

    def call(self, method: str, *params: Any) -> Any:
        """The result of a call. Raises Refusal."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        answer = self._http.post(self.url, json=body).json()
        if "error" in answer:
            raise Refusal(answer["error"])
        return answer["result"]

    def post(self, content: bytes) -> Any:
        return self._http.post(self.url, content=content).json()

    def order(self, kind: str, **parameters: str | int) -> Any:
        """As the drill page gives it."""
        with ChainOrders(self.url) as orders:
            return orders.give(kind, **parameters)

    def obey(self) -> None:
        """No standing order is left."""
        with ChainOrders(self.url) as orders:
            orders.take_back()

    def mine(self, count: int = 1) -> int:
        return int(self.call("sandbox_mine", hex(count)), 16)

    @property
    def height(self) -> int:
        return int(self.call("eth_blockNumber"), 16)

    @property
    def token(self) -> str:
        return str(self.call("sandbox_info")["token"]["address"])

    def fund(self, address: str, *, wei: int = 10**18, token: int = 0) -> None:
        """Give and mine."""
        grant = {"reference": f"test {next(self._references)} {address}", "address": address, "wei": str(wei), "token": str(token)}
        self.call("sandbox_fund", grant)
        self.mine()

    def new_wallet(self, *, wei: int = 10**18, token: int = 0) -> LocalAccount:
        account: LocalAccount = Account.create()
        self.fund(account.address, wei=wei, token=token)
        return account

    def block(self, number: int) -> Any:
        return self.call("eth_getBlockByNumber", hex(number))


def signed_transfer(sender: LocalAccount, token: str, recipient: str, amount: int, *, nonce: int, **fields: Any) -> tuple[str, str]:
    """Raw hex and hash of a token transfer."""
    transaction: dict[str, Any] = {
        "type": 2,
        "chainId": CHAIN_ID,
        "nonce": nonce,
        "to": token,
        "value": 0,
        "data": transfer_calldata(recipient, amount),
        "gas": 100_000,
        "maxFeePerGas": 5 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    signed = sender.sign_transaction(transaction | fields)
    return "0x" + bytes(signed.raw_transaction).hex(), "0x" + bytes(signed.hash).hex()
