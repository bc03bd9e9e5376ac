"""Real processes for the tests of steps: the sandbox chain, the sandbox bank with its desk, the signer with its own database."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from backoffice.sandbox.chain.orders import ChainOrders
from transfers.rails.registry import RailSettings
from transfers.rails.trust import authorities
from transfers.signer.keystore import create_wallet, write_new_secret
from transfers.signer.settings import KeystoreSettings
from transfers.signer.store import apply_schema

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIRMATIONS, FINAL_DEPTH = 2, 4
WALLETS = ("hot-1", "settlement-1")


@dataclass(frozen=True)
class Stack:
    """Where everything answers; `addresses` of the wallets whose keys the signer holds."""

    rails: RailSettings
    token: str
    addresses: Mapping[str, str]

    def chain(self, method: str, *params: Any) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = httpx.post(self.rails.chain_rpc_url, json=call, verify=authorities()).json()
        assert "error" not in answer, answer
        return answer["result"]

    def order(self, kind: str, **parameters: str | int) -> None:
        """As the drill page gives it."""
        with ChainOrders(self.rails.chain_rpc_url) as orders:
            orders.give(kind, **parameters)

    def order_second(self, kind: str, **parameters: str | int) -> None:
        with ChainOrders(self.rails.chain_rpc_url_2) as orders:
            orders.give(kind, **parameters)

    def standing(self) -> list[dict[str, Any]]:
        """The first node's orders in force."""
        with ChainOrders(self.rails.chain_rpc_url) as orders:
            return orders.standing()

    def obey(self) -> None:
        """No standing order is left at any node."""
        for url in filter(None, (self.rails.chain_rpc_url, self.rails.chain_rpc_url_2)):
            with ChainOrders(url) as orders:
                orders.take_back()

    def height(self) -> int:
        return int(self.chain("eth_blockNumber"), 16)

    def base_fee(self, number: int | None = None) -> int:
        """Of the newest block, or of that one; wei per gas."""
        block = self.chain("eth_getBlockByNumber", "latest" if number is None else hex(number))
        return int(block["baseFeePerGas"], 16)

    def receipt(self, tx_hash: str) -> Any:
        """None for what is in no block."""
        return self.chain("eth_getTransactionReceipt", tx_hash)

    def calm_fees(self) -> None:
        """Blocks until an ordered base fee has fallen to what an idle chain asks."""
        while self.base_fee() > 10**6:
            self.mine(32)

    def mine(self, blocks: int = 1) -> None:
        self.chain("sandbox_mine", hex(blocks))

    def fund(self, address: str, *, wei: int, token: int) -> None:
        grant = {"reference": secrets.token_hex(8), "address": address, "wei": str(wei), "token": str(token)}
        self.chain("sandbox_fund", grant)
        self.mine()

    def token_balance(self, address: str) -> int:
        data = "0x70a08231" + address.lower().removeprefix("0x").rjust(64, "0")
        return int(self.chain("eth_call", {"to": self.token, "data": data}, "latest"), 16)


class Processes:
    """Started one by one, stopped together."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *arguments: str, **environment: str) -> None:
        command = [sys.executable, "-m", *arguments]
        inherited = {key: value for key, value in os.environ.items() if key != "COUNTERSIGN_CRASH"}
        with (self.directory / f"{name}.log").open("wb") as log:
            self._running.append(subprocess.Popen(command, cwd=REPOSITORY, env=inherited | environment, stdout=log, stderr=log))

    def start_program(self, name: str, *command: str) -> None:
        """One that is not ours."""
        with (self.directory / f"{name}.log").open("wb") as log:
            self._running.append(subprocess.Popen(command, stdout=log, stderr=log))

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(timeout=20)


def start(processes: Processes, signer_database: str, *, second_node: bool = False, chain: bool = True) -> Stack:
    """Everything up and answering. `signer_database` is an empty database's URL. Without `chain` another one answers already, and
    has left its network.json where ours would."""
    directory = processes.directory
    chain_port, bank_port, signer_port = free_port(), free_port(), free_port()
    second_port = free_port()
    second = f"http://127.0.0.1:{second_port}" if second_node else ""
    if chain:
        processes.start(
            "chain", "backoffice.sandbox.chain", "--port", str(chain_port), "--data-dir", str(directory / "chain"),
            "--block-time", "600", "--idle-time", "600", *(["--beside", second] if second else []),
        )  # fmt: skip
    processes.start(
        "bank", "backoffice.sandbox.bank", "--port", str(bank_port), "--data-dir", str(directory / "bank"), "--settle-delay", "0.2"
    )
    if chain:
        answering(f"http://127.0.0.1:{chain_port}/healthz")
    if second:
        _start_second_node(processes, second_port)
    addresses = _start_signer(processes, signer_database, signer_port)
    answering(f"http://127.0.0.1:{bank_port}/healthz")
    bank_token = (directory / "bank" / "bank.token").read_text().strip()
    network = json.loads((directory / "chain" / "network.json").read_text())["networks"][0]
    bank = f"http://127.0.0.1:{bank_port}"
    rails = RailSettings(
        chain_rpc_url=network["rpc_url"],
        chain_rpc_url_2=second,
        chain_id=network["chain_id"],
        confirmations=CONFIRMATIONS,
        final_depth=FINAL_DEPTH,
        block_time_s=0.4,
        bank_url=bank,
        bank_token=bank_token,
        desk_url=bank,
        desk_token=bank_token,
        signer_url=f"http://127.0.0.1:{signer_port}",
        signer_token=(directory / "signer.token").read_text().strip(),
    )
    return Stack(rails=rails, token=network["tokens"]["USDC.ethereum"], addresses=addresses)


def _start_second_node(processes: Processes, port: int) -> None:
    directory = processes.directory
    place = ("--port", str(port), "--data-dir", str(directory / "chain-2"), "--follow", str(directory / "chain"))
    processes.start("chain-2", "backoffice.sandbox.chain", *place)
    answering(f"http://127.0.0.1:{port}/healthz")


def _start_signer(processes: Processes, database: str, port: int) -> dict[str, str]:
    directory = processes.directory
    (directory / "recipients.json").write_text(json.dumps({"recipients": {}, "sweep_to": ["hot-1"]}))
    environment = {
        "SIGNER_KEYSTORE_DIR": str(directory / "keys"),
        "SIGNER_TOKEN_FILE": str(directory / "signer.token"),
        "SIGNER_NETWORKS": str(directory / "chain" / "network.json"),
        "SIGNER_RECIPIENTS": str(directory / "recipients.json"),
        "SIGNER_DATABASE_URL": database,
        "SIGNER_PORT": str(port),
    }
    # What `python -m transfers.signer` does with create-token, create-wallet and init-db, without an interpreter for each.
    write_new_secret(directory / "signer.token")
    keystore = KeystoreSettings(directory / "keys", directory / "keys" / "password")
    addresses = {wallet: create_wallet(wallet, keystore) for wallet in WALLETS}
    apply_schema(database)
    processes.start("signer", "transfers.signer", **environment)
    answering(f"http://127.0.0.1:{port}/healthz")
    return addresses


def answering(url: str, within_s: float = 30) -> None:
    """Wait until there is an HTTP answer of any status."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            httpx.get(url, timeout=1, verify=authorities())
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def drop_database(like: Mapping[str, Any], name: str) -> None:
    address = {"host": like["HOST"], "port": like["PORT"], "user": like["USER"], "password": like["PASSWORD"]}
    given = {key: value for key, value in address.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **given) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def create_database(like: Mapping[str, Any], name: str) -> str:
    """An empty database on the server of the Django settings `like`; its URL."""
    address = {"host": like["HOST"], "port": like["PORT"], "user": like["USER"], "password": like["PASSWORD"]}
    given = {key: value for key, value in address.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **given) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
    return psycopg.conninfo.make_conninfo(dbname=name, **given)
