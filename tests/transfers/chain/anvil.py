"""Foundry's Anvil in the place of our own sandbox chain: another EVM, written by others, under the same scenarios.

`ANVIL` names its binary; `make test` puts it where it is found otherwise. With `ANVIL_REQUIRED` set, as in CI, a missing one is a
failure and no skip.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_utils.address import to_checksum_address

from backoffice.sandbox.chain.token import compile_token, mint_call
from tests.transfers import stack as stacks
from tests.transfers.stack import REPOSITORY, Processes, Stack
from transfers.models import ChainTransaction
from transfers.rails.trust import authorities

CHAIN_ID = 31337
_HEADER_ONLY = False
# The program itself, not the script beside it that starts it: that one would leave it running.
_BESIDE = REPOSITORY / ".venv" / "anvil" / "node_modules" / "@foundry-rs"
_ORDINARY_BASE_FEE = 10**9


def binary() -> str:
    """Where Anvil is. Skips the test without it, or fails it where it must be there."""
    beside = next(map(str, sorted(_BESIDE.glob("anvil-*/bin/anvil"))), None)
    found = os.environ.get("ANVIL") or beside or shutil.which("anvil")
    if found:
        return found
    if os.environ.get("ANVIL_REQUIRED"):
        pytest.fail("Anvil is required here and was not installed")
    pytest.skip("Anvil is not installed: make anvil")


@dataclass(frozen=True)
class AnvilStack(Stack):
    """The orders that the scenarios give, in Anvil's own words."""

    issuer: str = ""

    def mine(self, blocks: int = 1) -> None:
        """Anvil lets a base fee fall from block to block: while one is ordered, it is set before each."""
        while blocks and (spike := _spikes.get(self.rails.chain_rpc_url)):
            self.chain("anvil_setNextBlockBaseFeePerGas", hex(spike.pop()))
            self.chain("anvil_mine", "0x1")
            blocks -= 1
        if blocks:
            self.chain("anvil_mine", hex(blocks))

    def fund(self, address: str, *, wei: int, token: int) -> None:
        held = int(self.chain("eth_getBalance", address, "latest"), 16)
        self.chain("anvil_setBalance", address, hex(held + wei))
        call = "0x" + mint_call(address, token).hex()
        self.chain("eth_sendTransaction", {"from": self.issuer, "to": self.token, "data": call, "gas": hex(150_000)})
        self.mine()

    def order(self, kind: str, **parameters: str | int) -> None:
        carry_out: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "drop": lambda _: self.chain("anvil_dropAllTransactions"),
            "reorg": lambda given: self._reorganise(int(given["depth"]), str(given["keep"])),
            "fee_spike": lambda given: self._raise_fees(int(given["factor"]), int(given["blocks"])),
            "originals_first": lambda _: _originals.add(self.rails.chain_rpc_url),
        }
        carry_out[kind](parameters)

    def obey(self) -> None:
        _originals.discard(self.rails.chain_rpc_url)
        _spikes.pop(self.rails.chain_rpc_url, None)

    def base_fee(self, number: int | None = None) -> int:
        block = self.chain("eth_getBlockByNumber", "latest" if number is None else hex(number), _HEADER_ONLY)
        return int(block["baseFeePerGas"], 16)

    def calm_fees(self) -> None:
        self.chain("anvil_setNextBlockBaseFeePerGas", hex(_ORDINARY_BASE_FEE))
        self.mine()

    def prefer_originals(self) -> None:
        """What waits is thrown out and its first attempt sent in its place, as a builder does who never heard of the dearer one."""
        for sent in ChainTransaction.objects.filter(status="broadcast", attempt=1):
            later = ChainTransaction.objects.filter(leg=sent.leg, attempt__gt=1)
            if later.exists():
                self.chain("anvil_dropAllTransactions")
                self.chain("eth_sendRawTransaction", "0x" + bytes(sent.raw).hex())

    def _raise_fees(self, factor: int, blocks: int) -> None:
        _spikes[self.rails.chain_rpc_url] = [_ORDINARY_BASE_FEE * factor] * blocks

    def _reorganise(self, depth: int, keep: str) -> None:
        head = self.height()
        blocks = [self.chain("eth_getBlockByNumber", hex(number), _HEADER_ONLY) for number in range(head - depth + 1, head + 1)]
        raw = [self.chain("eth_getRawTransactionByHash", tx_hash) for block in blocks for tx_hash in block["transactions"]]
        self.chain("anvil_reorg", depth, [[one, 0] for one in raw] if keep == "same" else [])
        self.mine()
        for one in raw if keep == "later" else []:
            self.chain("eth_sendRawTransaction", one)


_originals: set[str] = set()
# Base fees of the next blocks.
_spikes: dict[str, list[int]] = {}


class OriginalsFirst(AnvilStack):
    """Mines originals before their replacements once it was ordered to."""

    def mine(self, blocks: int = 1) -> None:
        if self.rails.chain_rpc_url in _originals:
            self.prefer_originals()
        super().mine(blocks)


def start(processes: Processes, signer_database: str) -> Stack:
    """As tests.transfers.stack.start, with Anvil as the chain."""
    port = stacks.free_port()
    processes.start_program(
        "anvil", binary(), "--port", str(port), "--chain-id", str(CHAIN_ID), "--no-mining", "--order", "fifo", "--silent"
    )
    url = f"http://127.0.0.1:{port}"
    stacks.answering(url)
    issuer, token = deploy(url)
    directory: Path = processes.directory / "chain"
    directory.mkdir()
    (directory / "network.json").write_text(json.dumps({"networks": [network(url, token)]}))
    without = stacks.start(processes, signer_database, chain=False)
    return OriginalsFirst(rails=replace(without.rails, chain_rpc_url=url), token=token, addresses=without.addresses, issuer=issuer)


def network(url: str, token: str) -> dict[str, Any]:
    """The entry of network.json."""
    return {
        "name": "ethereum",
        "chain_id": CHAIN_ID,
        "rpc_url": url,
        "tokens": {"USDC.ethereum": token},
        "authorizations": {"USDC.ethereum": {"name": "Sandbox USD Coin", "version": "2"}},
        "max_fee_per_gas": "500000000000",
        "max_priority_fee_per_gas": "50000000000",
        "max_gas_limit": 150_000,
    }


def deploy(url: str) -> tuple[str, str]:
    """The issuer, one of Anvil's own accounts, and the token's address."""

    def rpc(method: str, *params: Any) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = httpx.post(url, json=call, verify=authorities()).json()
        assert "error" not in answer, answer
        return answer["result"]

    issuer = rpc("eth_accounts")[0]
    made = rpc("eth_sendTransaction", {"from": issuer, "data": "0x" + compile_token().hex(), "gas": hex(3_000_000)})
    rpc("anvil_mine", "0x2")
    return str(issuer), to_checksum_address(rpc("eth_getTransactionReceipt", made)["contractAddress"])
