"""Keys that sign notes, in the text forms of Go's note package, and the two ways in which they sign. Ed25519 by `cryptography`.

NoteRefused
└── raised by everything here and in `notes` that reads: the text is no key or no checkpoint, or no key of ours signed it
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

# Types of signature: over the note's text, and over that text with a time (C2SP tlog-cosignature).
PLAIN, TIMED = 0x01, 0x04
DASH = "\u2014 "
NAME = re.compile(r"[^\s+]+")


class NoteRefused(ValueError):
    """The text is not what it should be; the message says what is wrong with it, and never holds a secret."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The key that everybody may know; as text a `vkey` of the Go note package: name+keyid+base64(type || key)."""

    name: str
    public: bytes

    def id(self, kind: int) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id(PLAIN).hex()}+{encode(bytes([PLAIN]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """Raises NoteRefused."""
        name, key_id, material = _key_parts(text)
        found = cls(name, material)
        if found.id(PLAIN) != key_id:
            raise NoteRefused(f"the id in the key of {name} is not the id of that key")
        return found

    def verify(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that only the sealer knows; as text what the Go note package writes: PRIVATE+KEY+name+keyid+base64(type || seed)."""

    name: str
    seed: bytes

    @classmethod
    def generate(cls, name: str) -> "SigningKey":
        """Raises NoteRefused when `name` cannot be the name of a key: blanks and + are not allowed."""
        if not NAME.fullmatch(name):
            raise NoteRefused(f"{name!r} cannot be the name of a key")
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """Raises NoteRefused, whose message never holds the key."""
        prefix, _, rest = text.partition("+")
        middle, _, rest = rest.partition("+")
        if (prefix, middle) != ("PRIVATE", "KEY"):
            raise NoteRefused("a signing key begins with PRIVATE+KEY+")
        name, key_id, seed = _key_parts(rest)
        found = cls(name, seed)
        if found.public().id(PLAIN) != key_id:
            raise NoteRefused(f"the id in the signing key of {name} is not the id of that key")
        return found

    def public(self) -> PublicKey:
        return PublicKey(self.name, self._private().public_key().public_bytes_raw())

    def text(self) -> str:
        return f"PRIVATE+KEY+{self.name}+{self.public().id(PLAIN).hex()}+{encode(bytes([PLAIN]) + self.seed)}"

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r})"

    def sign(self, message: bytes) -> bytes:
        """The bare signature, for what is no note."""
        return self._private().sign(message)

    def plain_line(self, body: str) -> str:
        return _line(self.name, self.public().id(PLAIN) + self._private().sign(body.encode()))

    def timed_line(self, body: str, time: int) -> str:
        """`time` is in whole seconds since 1970."""
        signature = time.to_bytes(8, "big") + self._private().sign(timed_message(body, time))
        return _line(self.name, self.public().id(TIMED) + signature)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def timed_message(body: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{body}".encode()


def _line(name: str, value: bytes) -> str:
    return f"{DASH}{name} {encode(value)}\n"


def _key_parts(text: str) -> tuple[str, bytes, bytes]:
    """Name, key id and the 32 bytes of `name+keyid+base64(type || bytes)`. The last part may hold a + of its own."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    material = decode(encoded)
    if not NAME.fullmatch(name) or not re.fullmatch(r"[0-9a-f]{8}", key_id) or len(material) != 33 or material[0] != PLAIN:
        raise NoteRefused("a key reads name+keyid+base64 and is an Ed25519 key of type 1")
    return name, bytes.fromhex(key_id), material[1:]


def encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


def decode(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteRefused("that is no base64") from error
    if encode(value) != text:
        raise NoteRefused("that is not the one base64 spelling of its bytes")
    return value
