"""Hex as Ethereum writes it, read strictly: what is not exactly right is refused, and JSON numbers never pass for amounts."""

import re
from typing import Any

from eth_utils.address import to_checksum_address

_QUANTITY = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
UINT256_MAX = 2**256 - 1


class Malformed(ValueError):
    """A node's answer that does not read as it must. The adapter turns it into an error that says what is known."""


def quantity(value: Any, what: str) -> int:
    """A non-negative integer of up to 256 bits."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise Malformed(f"{what} is no hex quantity: {value!r}")
    return int(value, 16)


def data(value: Any, what: str) -> bytes:
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise Malformed(f"{what} is no hex data: {str(value)[:80]!r}")
    return bytes.fromhex(value[2:])


def hash32(value: Any, what: str) -> str:
    """A 32-byte hash, in lower case so that equal hashes are equal strings."""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise Malformed(f"{what} is no 32-byte hash: {str(value)[:80]!r}")
    return value.lower()


def address(value: Any, what: str) -> str:
    """A checksummed address. A node's spelling carries no checksum, so none is verified here."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise Malformed(f"{what} is no address: {str(value)[:80]!r}")
    return to_checksum_address(value)


def stated_address(value: str, what: str) -> str:
    """An address that one of us wrote: mixed case must carry the right EIP-55 checksum. Raises Malformed."""
    checksummed = address(value, what)
    digits = value[2:]
    if value != checksummed and digits != digits.lower() and digits != digits.upper():
        raise Malformed(f"{what} fails its EIP-55 checksum: {value!r}")
    return checksummed


def mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"{what} is no object: {str(value)[:80]!r}")
    return value


def listing(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed(f"{what} is no list: {str(value)[:80]!r}")
    return value
