"""How the chain begins: decided once, at the first start in an empty directory, and read ever after."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak
from rlp import encode  # type: ignore[import-untyped]

from backoffice.sandbox.chain.files import write_atomically
from backoffice.sandbox.chain.token import compile_token

GAS_LIMIT = 30_000_000
# A thousand million ether: the deployer pays for every minting and funds every wallet for as long as anybody plays here.
DEPLOYER_WEI = 10**27


@dataclass(frozen=True, slots=True)
class Genesis:
    """The facts that the hash of block 0 and the token's address follow from."""

    chain_id: int
    timestamp: int
    deployer_key: str
    token_bytecode: bytes

    @property
    def deployer(self) -> str:
        return str(Account.from_key(self.deployer_key).address)

    @property
    def token_address(self) -> str:
        """Where the deployer's first transaction (nonce 0) puts its contract."""
        return to_checksum_address(keccak(encode([to_canonical_address(self.deployer), 0]))[12:])


def load_or_create(data_dir: Path, *, chain_id: int) -> Genesis:
    """The genesis of this directory. Raises ValueError when the directory holds a chain with another id."""
    path = data_dir / "genesis.json"
    if not path.exists():
        genesis = Genesis(chain_id, int(time.time()), "0x" + os.urandom(32).hex(), compile_token())
        write_atomically(path, _to_json(genesis), mode=0o600)
        return genesis
    stored = json.loads(path.read_text(encoding="utf-8"))
    if stored["chain_id"] != chain_id:
        raise ValueError(f"{path} belongs to chain {stored['chain_id']}, not {chain_id}: use its id or another directory")
    key, bytecode = stored["deployer"]["private_key"], bytes.fromhex(stored["token"]["bytecode"].removeprefix("0x"))
    return Genesis(stored["chain_id"], stored["timestamp"], key, bytecode)


def _to_json(genesis: Genesis) -> str:
    content = {
        "version": 1,
        "chain_id": genesis.chain_id,
        "timestamp": genesis.timestamp,
        "deployer": {"address": genesis.deployer, "private_key": genesis.deployer_key},
        "token": {
            "symbol": "USDC",
            "decimals": 6,
            "address": genesis.token_address,
            "bytecode": "0x" + genesis.token_bytecode.hex(),
        },
    }
    return json.dumps(content, indent=2) + "\n"
