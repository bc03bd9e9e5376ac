"""`sandbox_fund`: money out of nothing, which only a sandbox has. Once per reference, whatever dies in between.

The raw transactions are written down (fsync) before they enter the pool, and those not yet mined enter it again at the next start:
a seeding that was interrupted and runs again with the same references never funds a wallet twice.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from eth_utils.address import to_canonical_address, to_checksum_address

from backoffice.sandbox.chain.errors import RpcError
from backoffice.sandbox.chain.evm import BUILDER
from backoffice.sandbox.chain.files import AppendOnlyFile
from backoffice.sandbox.chain.mining import MiningNode
from backoffice.sandbox.chain.token import mint_call
from backoffice.sandbox.chain.wallet import sign


@dataclass(frozen=True, slots=True)
class Grant:
    """What a wallet is to get: wei of the chain's own coin, and the token's minor units."""

    reference: str
    address: str
    wei: int
    token: int

    def words(self) -> dict[str, str]:
        return {"reference": self.reference, "address": self.address, "wei": str(self.wei), "token": str(self.token)}


class Funding:
    def __init__(self, node: MiningNode, path: Path) -> None:
        self._node, self._file = node, AppendOnlyFile(path)
        self._given = {stored["grant"]["reference"]: stored for stored in map(json.loads, self._file.lines)}
        with node.lock:
            mined = node.evm.nonce(to_canonical_address(node.genesis.deployer))
            for stored in self._given.values():
                for raw in map(bytes.fromhex, stored["raw"]):
                    if BUILDER.decode(raw).nonce >= mined:
                        node.submit(raw)

    def give(self, grant: Grant) -> tuple[list[str], bool]:
        """Hashes of the funding transactions, and whether they are those of an earlier call with the same reference.

        Raises RpcError when the reference was used for another grant.
        """
        with self._node.lock:
            if (stored := self._given.get(grant.reference)) is not None:
                if stored["grant"] != grant.words():
                    raise RpcError.invalid_params(f"reference {grant.reference!r} was used for {stored['grant']}")
                return list(stored["hashes"]), True
            raws = self._sign(grant)
            hashes = ["0x" + BUILDER.decode(raw).hash.hex() for raw in raws]
            stored = {"grant": grant.words(), "hashes": hashes, "raw": [raw.hex() for raw in raws]}
            self._file.append(json.dumps(stored))
            self._given[grant.reference] = stored
            for raw in raws:
                self._node.submit(raw)
            return hashes, False

    def _sign(self, grant: Grant) -> list[bytes]:
        node, nonce, raws = self._node, self._node.deployer_nonce(), list[bytes]()
        if grant.wei:
            # Enough gas for a plain transfer; a contract that runs code on receipt is no house wallet.
            raws.append(sign(node.genesis, nonce=nonce, to=grant.address, data=b"", gas=21_000, value=grant.wei))
        if grant.token:
            call = mint_call(grant.address, grant.token)
            nonce += len(raws)
            raws.append(sign(node.genesis, nonce=nonce, to=node.genesis.token_address, data=call, gas=120_000))
        return raws

    def close(self) -> None:
        self._file.close()


def checked_address(text: str) -> str:
    """A checksummed address. Raises RpcError for anything else than 20 bytes of hex."""
    try:
        return to_checksum_address(text)
    except (ValueError, TypeError) as error:
        raise RpcError.invalid_params(f"not an address: {text!r}") from error
