"""Two Anvils that show one chain: the second takes over the first one's state after every block, until it is told another story.

Each executes and keeps everything by itself. A lie is no twisted answer: the second node really is on a branch on which the token's
code, or the pool, was another, and its block hashes differ from there on.
"""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from tests.transfers import stack as stacks
from tests.transfers.chain import anvil
from tests.transfers.stack import Processes, Stack
from transfers.rails.trust import authorities

_TRANSFER = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
# What stands for the token on the lying branch: log one unit less, stop without a log, revert.
_CODES: Mapping[str, str] = {
    "amount": f"0x60016024350360005260043533 7f{_TRANSFER}60206000a300".replace(" ", ""),
    "no_log": "0x00",
    "status": "0xfe",
}


@dataclass
class Node:
    """One Anvil, which can go away and come back on its port with nothing."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [anvil.binary(), "--port", str(self.port), "--chain-id", str(anvil.CHAIN_ID), "--no-mining", "--order", "fifo"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([*command, "--silent"], stdout=log, stderr=log)
        stacks.answering(self.url)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)
            self.process = None

    def ask(self, method: str, *params: Any) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = httpx.post(self.url, json=call, verify=authorities(), timeout=20).json()
        assert "error" not in answer, answer
        return answer["result"]

    def take_over(self, other: "Node") -> None:
        """Be where the other one is; what waited here waits no more."""
        self.ask("anvil_reset")
        self.ask("anvil_loadState", other.ask("anvil_dumpState"))


@dataclass(frozen=True)
class AnvilPair(anvil.AnvilStack):
    nodes: tuple[Node, ...] = ()
    lying: set[str] = field(default_factory=set)

    def chain(self, method: str, *params: Any) -> Any:
        """Asked of the first one that is there."""
        return next(node for node in self.nodes if node.process is not None).ask(method, *params)

    def mine(self, blocks: int = 1) -> None:
        first, *others = [node for node in self.nodes if node.process is not None]
        first.ask("anvil_mine", hex(blocks))
        for other in others:
            if self.lying:
                other.ask("anvil_mine", hex(blocks))
            else:
                other.take_over(first)

    def order(self, kind: str, **parameters: str | int) -> None:
        assert (kind, parameters) == ("down", {})
        self.nodes[0].stop()

    def order_second(self, kind: str, **parameters: str | int) -> None:
        second, what = self.nodes[1], str(parameters.get("what", ""))
        if kind == "down":
            second.stop()
        elif what == "missing":
            second.ask("anvil_dropAllTransactions")
        else:
            second.ask("anvil_setCode", self.token, _CODES[what])
        self.lying.update({what} - {""})

    def obey(self) -> None:
        """Who was away comes back, and who told another story gives it up."""
        self.lying.clear()
        there = next(node for node in self.nodes if node.process is not None)
        for node in self.nodes:
            if node.process is None:
                node.start()
            if node is not there:
                node.take_over(there)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()


def start(processes: Processes, signer_database: str) -> AnvilPair:
    nodes = tuple(Node(stacks.free_port(), processes.directory / f"anvil-{number}.log") for number in (1, 2))
    for node in nodes:
        node.start()
    issuer, token = anvil.deploy(nodes[0].url)
    nodes[1].take_over(nodes[0])
    urls = [node.url for node in nodes]
    directory = processes.directory / "chain"
    directory.mkdir()
    network = anvil.network(urls[0], token) | {"other_rpc_urls": urls[1:]}
    (directory / "network.json").write_text(json.dumps({"networks": [network]}))
    made: Stack = stacks.start(processes, signer_database, chain=False)
    settings = replace(made.rails, chain_rpc_url=urls[0], chain_rpc_url_2=urls[1])
    return AnvilPair(rails=settings, token=token, addresses=made.addresses, issuer=issuer, nodes=nodes)
