"""Which keys sign receipts, from the settings. The private one is the worker's alone and never in the database; everybody may know
the public ones, of which those retired stay, so that old receipts verify for ever."""

from django.conf import settings

from audit.sealing.keys import PLAIN, NoteRefused, PublicKey, SigningKey
from transfers.errors import Unavailable


def signing_key() -> SigningKey:
    """Raises Unavailable when this process has none."""
    try:
        return SigningKey.parse(settings.RECEIPT_SIGNING_KEY)
    except NoteRefused as error:
        raise Unavailable(f"RECEIPT_SIGNING_KEY: {error}") from error


def public_keys() -> dict[str, bytes]:
    """By id, the one in force first. Raises Unavailable when RECEIPT_KEYS holds something that is no key."""
    try:
        return {kid(key): key.public for key in (PublicKey.parse(text) for text in settings.RECEIPT_KEYS.split())}
    except NoteRefused as error:
        raise Unavailable(f"RECEIPT_KEYS: {error}") from error


def kid(key: PublicKey) -> str:
    """The name of the key and four bytes of its hash."""
    return f"{key.name}+{key.id(PLAIN).hex()}"
