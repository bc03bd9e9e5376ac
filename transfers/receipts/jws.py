"""The signed form of a receipt: a compact JWS (RFC 7515) with Ed25519 (RFC 8037) over canonical JSON. Any JOSE library verifies it.

There is one spelling of everything: one algorithm, base64url without padding and without spare bits, canonical bytes inside. What
is spelled otherwise is refused, also when the signature fits. No Django here: strangers may copy this file beside `cryptography`
and `rfc8785`.

ReceiptRefused
└── raised by everything here that reads: it is no receipt, or no key of ours signed it
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Protocol

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ALGORITHM, TYPE = "EdDSA", "countersign-receipt"
_HEADER = frozenset({"alg", "kid", "typ"})


class ReceiptRefused(ValueError):
    """The text is not a receipt that one of the given keys signed; the message says what is wrong with it."""


class Signs(Protocol):
    """A key that signs bytes."""

    def sign(self, message: bytes) -> bytes: ...


def signed(payload: bytes, key: Signs, kid: str) -> str:
    """The compact JWS over `payload`, which is canonical JSON already."""
    header = rfc8785.dumps({"alg": ALGORITHM, "kid": kid, "typ": TYPE})
    message = f"{encode(header)}.{encode(payload)}"
    return f"{message}.{encode(key.sign(message.encode()))}"


def verified(jws: str, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """What the receipt says, once its signature has been checked. `keys` are public Ed25519 keys by id. Raises ReceiptRefused."""
    parts = jws.strip().split(".")
    if len(parts) != 3:
        raise ReceiptRefused("a receipt has three parts separated by dots")
    header, payload, signature = (decode(part) for part in parts)
    known = _object(header)
    if set(known) != _HEADER or (known["alg"], known["typ"]) != (ALGORITHM, TYPE):
        raise ReceiptRefused("this is signed in another way than receipts are")
    public = keys.get(str(known["kid"]))
    if public is None:
        raise ReceiptRefused(f"no key {known['kid']!r} is known")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, f"{parts[0]}.{parts[1]}".encode())
    except (InvalidSignature, ValueError):
        raise ReceiptRefused("the signature does not fit: somebody changed the receipt, or the key is another one") from None
    content = _object(payload)
    if rfc8785.dumps(content) != payload:
        raise ReceiptRefused("the content is not in its one canonical form")
    return content


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise ReceiptRefused("a part of it is not JSON") from None
    if not isinstance(value, dict):
        raise ReceiptRefused("a part of it is not a JSON object")
    return value


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ReceiptRefused("a part of it is not base64url") from None
    if encode(raw) != text:
        raise ReceiptRefused("a part of it is not the one base64url spelling of its bytes")
    return raw


def key_set(keys: Mapping[str, bytes]) -> dict[str, Any]:
    """As a JSON Web Key Set (RFC 7517), the one in force first."""
    common = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM}
    return {"keys": [{**common, "kid": kid, "x": encode(public)} for kid, public in keys.items()]}


def keys_of(document: Any) -> dict[str, bytes]:
    """The keys of such a set. Raises ReceiptRefused."""
    try:
        return {str(key["kid"]): decode(key["x"]) for key in document["keys"] if key["kty"] == "OKP" and key["crv"] == "Ed25519"}
    except (KeyError, TypeError, AttributeError):
        raise ReceiptRefused("that is no JSON Web Key Set") from None
