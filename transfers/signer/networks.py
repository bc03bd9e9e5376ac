"""What may be signed for: chains, token contracts on them, and the most that gas may cost. Written by people, read at the start.

{"networks": [{"name": "ethereum", "chain_id": 1, "rpc_url": "https://...", "other_rpc_urls": ["https://..."],
               "tokens": {"USDC.ethereum": "0x..."},
               "authorizations": {"USDC.ethereum": {"name": "USD Coin", "version": "2"}},
               "max_fee_per_gas": "<wei>", "max_priority_fee_per_gas": "<wei>", "max_gas_limit": 150000}]}

`other_rpc_urls` may be left out: further nodes of the network, so that one that is away keeps nobody waiting.

`authorizations` may be left out. It names the tokens whose owners can sign a transfer without sending it (ERC-3009), with the name
and version under which their contract reads such signatures (EIP-712). Only those are swept from deposit addresses.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_utils.address import is_checksum_address

from transfers.signer.errors import ConfigurationError

_FIELDS = {"name", "chain_id", "rpc_url", "tokens", "max_fee_per_gas", "max_priority_fee_per_gas", "max_gas_limit"}
_OPTIONAL = {"other_rpc_urls", "authorizations"}


@dataclass(frozen=True, slots=True)
class Domain:
    """What a token's contract calls itself in the signatures that it reads."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Network:
    """One chain. `rpc_urls` are its nodes, at least one; `tokens` are checksummed contract addresses, `domains` by them; fees are
    wei per gas."""

    name: str
    chain_id: int
    rpc_urls: tuple[str, ...]
    tokens: frozenset[str]
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    max_gas_limit: int
    domains: Mapping[str, Domain] = field(default_factory=dict)


def read_networks(path: Path) -> Mapping[int, Network]:
    """Networks by chain id. Raises ConfigurationError: a limit that cannot be read is no limit."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["networks"]
        networks = [_network(entry) for entry in listed]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"SIGNER_NETWORKS {path} cannot be read: {error}") from error
    by_id = {network.chain_id: network for network in networks}
    if not networks or len(by_id) != len(networks):
        raise ConfigurationError(f"SIGNER_NETWORKS {path} must name at least one network, and each chain id once")
    return by_id


def _network(entry: Any) -> Network:
    if set(entry) - _OPTIONAL != _FIELDS:
        raise ValueError(f"expected the fields {sorted(_FIELDS)}, got {sorted(entry)}")
    broken = [address for address in entry["tokens"].values() if not is_checksum_address(address)]
    if broken:
        raise ValueError(f"token addresses without a right checksum: {broken}")
    return Network(
        name=entry["name"],
        chain_id=_positive(entry["chain_id"]),
        rpc_urls=(entry["rpc_url"], *_urls(entry.get("other_rpc_urls", []))),
        tokens=frozenset(entry["tokens"].values()),
        max_fee_per_gas=_positive(int(entry["max_fee_per_gas"])),
        max_priority_fee_per_gas=_positive(int(entry["max_priority_fee_per_gas"])),
        max_gas_limit=_positive(entry["max_gas_limit"]),
        domains={entry["tokens"][asset]: _domain(said) for asset, said in entry.get("authorizations", {}).items()},
    )


def _urls(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(url, str) and url for url in value):
        raise ValueError(f"not a list of URLs: {value!r}")
    return value


def _domain(said: Any) -> Domain:
    if set(said) != {"name", "version"} or not all(isinstance(value, str) and value for value in said.values()):
        raise ValueError(f"a token reads signatures under a name and a version, got {said!r}")
    return Domain(said["name"], said["version"])


def _positive(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"not a positive whole number: {value!r}")
    return value
