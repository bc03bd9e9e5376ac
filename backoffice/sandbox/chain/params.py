"""Reading the parameters of a JSON-RPC call, strictly: hex quantities, 20-byte addresses, 32-byte hashes, block tags."""

import re
from typing import Any

from eth_typing import Address

from backoffice.sandbox.chain.errors import RpcError

_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})", re.IGNORECASE)
_DATA = re.compile(r"0x([0-9a-f]{2})*", re.IGNORECASE)
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,59}")
FINALITY_DEPTH = {"latest": 0, "pending": 0, "safe": 32, "finalized": 64}


def quantity(value: Any) -> int:
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise RpcError.invalid_params(f"not a hex quantity: {value!r}")
    return int(value, 16)


def data(value: Any, *, size: int | None = None) -> bytes:
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise RpcError.invalid_params(f"not hex data: {str(value)[:80]!r}")
    decoded = bytes.fromhex(value[2:])
    if size is not None and len(decoded) != size:
        raise RpcError.invalid_params(f"expected {size} bytes, got {len(decoded)}")
    return decoded


def address(value: Any) -> Address:
    return Address(data(value, size=20))


def decimal(value: Any, name: str) -> int:
    """An amount of the sandbox namespace: a string of decimal digits, since JSON numbers lose precision on the way."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise RpcError.invalid_params(f"{name} must be a string of decimal digits, got {value!r}")
    return int(value)


def block_number(tag: Any, *, head: int) -> int:
    """The number that a tag or a hex quantity means. It may lie beyond the head."""
    if tag == "earliest":
        return 0
    if isinstance(tag, str) and tag in FINALITY_DEPTH:
        return max(0, head - FINALITY_DEPTH[tag])
    return quantity(tag)


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RpcError.invalid_params(f"expected an object, got {value!r}")
    return value
