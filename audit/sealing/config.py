"""What everybody may know about the log: the keys whose checkpoints count, from the settings."""

from django.conf import settings

from audit.sealing.keys import NoteRefused, PublicKey


class LogUnconfigured(Exception):
    """AUDIT_LOG_KEY is not set, or holds something that is no key."""


def log_keys() -> list[PublicKey]:
    """The key in force first, then those retired. Raises LogUnconfigured."""
    try:
        found = [PublicKey.parse(text) for text in settings.AUDIT_LOG_KEY.split()]
    except NoteRefused as error:
        raise LogUnconfigured(f"AUDIT_LOG_KEY: {error}") from error
    if not found:
        raise LogUnconfigured("AUDIT_LOG_KEY must hold the public key of the log")
    return found
