"""Names that business facts keep for life: they exist before the first send and survive retries, restarts and route changes."""

import secrets
import uuid

import uuid_utils

# Crockford's base32: no I, L, O or U, so that a reference read out on the phone has one spelling.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 26


def new_id() -> uuid.UUID:
    """A UUIDv7: unique anywhere, and close neighbours in an index when close in time."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def new_reference() -> str:
    """A 26-character reference with 128 random bits, short enough for EndToEndId and MsgId (35) of ISO 20022."""
    number = secrets.randbits(128)
    digits = []
    for _ in range(REFERENCE_LENGTH):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
