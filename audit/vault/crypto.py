"""Sealing with the subject's own key (AES-256-GCM), and that key sealed by the house's (Fernet, the first of several is current).

Both come from `cryptography`; what is ours is only what is bound to what: a value opens under its own subject and field and
nowhere else.
"""

import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_NONCE_BYTES = 12


class Unopenable(Exception):
    """The key is not the one that sealed this, or the bytes were changed, or moved to another subject or field."""


class HouseKeys:
    """The keys that seal the keys of subjects; each 32 bytes as URL-safe base64. Raises ValueError for none or a malformed one."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("the vault has no key: set VAULT_KEYS")
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def wrap(self, subject_key: bytes) -> bytes:
        return self._fernet.encrypt(subject_key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Raises Unopenable."""
        try:
            return self._fernet.decrypt(wrapped)
        except InvalidToken as error:
            raise Unopenable("none of the vault's keys sealed this subject's key") from error

    def rewrap(self, wrapped: bytes) -> bytes:
        """The same key under the current house key. Raises Unopenable."""
        try:
            return self._fernet.rotate(wrapped)
        except InvalidToken as error:
            raise Unopenable("none of the vault's keys sealed this subject's key") from error


def new_house_key() -> str:
    return Fernet.generate_key().decode("ascii")


def new_subject_key() -> bytes:
    return AESGCM.generate_key(256)


def seal(subject_key: bytes, *, subject: str, field: str, value: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_derived(subject_key, b"seal")).encrypt(nonce, value.encode(), _place(subject, field))


def unseal(subject_key: bytes, *, subject: str, field: str, sealed: bytes) -> str:
    """Raises Unopenable."""
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(_derived(subject_key, b"seal")).decrypt(nonce, body, _place(subject, field)).decode()
    except (InvalidTag, ValueError) as error:
        raise Unopenable(f"what is kept as {field} of {subject} does not open with its key") from error


def commitment(subject_key: bytes, *, subject: str, field: str, value: str) -> str:
    """32 bytes in hex that prove what the value was while the key exists; afterwards they tell nothing, not even by guessing."""
    return hmac.digest(_derived(subject_key, b"commit"), _place(subject, field) + value.encode(), "sha256").hex()


def _derived(subject_key: bytes, purpose: bytes) -> bytes:
    return HKDFExpand(SHA256(), 32, b"countersign vault " + purpose).derive(subject_key)


def _place(subject: str, field: str) -> bytes:
    """Subject and field with their lengths, so that no two pairs read the same."""
    parts = (subject.encode(), field.encode())
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
