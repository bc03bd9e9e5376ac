"""Whom a wallet may pay, where that is not anybody: wallets that only move our own money name their recipients.

{"recipients": {"settlement-1": ["hot-1", "0x..."]}, "sweep_to": ["hot-1"]}

A recipient is an address, or the name of a wallet whose key is here. A wallet that the file does not name pays whom it is told to;
a deposit wallet that it does not name pays nobody. `sweep_to` names the wallets that money from deposit wallets may be brought home
to; without it there are none. Whoever asks, and whatever was approved elsewhere, changes nothing about it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_utils.address import is_checksum_address

from transfers.signer.errors import ConfigurationError
from transfers.signer.keystore import DEPOSIT_PREFIX

NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recipients:
    """Checksummed addresses by the name of the wallet that may pay them; the names of wallets that deposits are swept to."""

    by_wallet: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sweep_to: frozenset[str] = NOBODY

    def allows(self, wallet: str, recipient: str) -> bool:
        unnamed = NOBODY if wallet.startswith(DEPOSIT_PREFIX) else None
        listed = self.by_wallet.get(wallet, unnamed)
        return listed is None or recipient in listed


def read_recipients(path: Path | None, wallets: Mapping[str, str]) -> Recipients:
    """`wallets` are addresses by name. Raises ConfigurationError: a list that cannot be read is no list, and a name that is
    misspelt would quietly bind nothing."""
    if path is None:
        return Recipients()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        listed, sweep_to = content["recipients"], frozenset(map(_paying_wallet, content.get("sweep_to", ())))
        by_wallet = {name: frozenset(_address(one, wallets) for one in named) for name, named in listed.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"SIGNER_RECIPIENTS {path} cannot be read: {error}") from error
    strangers = sorted((set(by_wallet) | sweep_to) - set(wallets))
    if strangers:
        raise ConfigurationError(f"SIGNER_RECIPIENTS {path} binds wallets whose keys are not here: {', '.join(strangers)}")
    return Recipients(by_wallet, sweep_to)


def _paying_wallet(name: Any) -> str:
    if not isinstance(name, str) or name.startswith(DEPOSIT_PREFIX):
        raise ValueError(f"deposits are swept to wallets that pay, not to {name!r}")
    return name


def _address(named: Any, wallets: Mapping[str, str]) -> str:
    address = wallets.get(named, named)
    if not is_checksum_address(address):
        raise ValueError(f"{named!r} is neither a wallet here nor an address with a right checksum")
    return str(address)
