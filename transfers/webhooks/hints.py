"""What a message names. Only names are read: amounts, states and times are for the provider's own answer to tell."""

import json

from transfers.rails.bank import camt054
from transfers.rails.bank.xml import Unreadable
from transfers.rails.inbox import NotUnderstood


def end_to_end_ids(body: bytes) -> tuple[tuple[str, ...], str]:
    """The EndToEndIds that a message is about: a JSON hint names one, a camt.054 notice any number; and how a notice
    deviates from its schema, empty when it does not. Raises NotUnderstood."""
    return _of_notice(body) if body.lstrip().startswith(b"<") else ((_of_hint(body),), "")


def _of_hint(body: bytes) -> str:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("The body is not JSON.") from error
    match message:
        # Ours are plain ASCII; a name that is not, none of ours is like, and the database could not even be asked for some.
        case {"data": {"end_to_end_id": str(name)}} if 0 < len(name) <= 35 and name.isascii() and name.isprintable():
            return name
    raise NotUnderstood("The body names no payment.")


def _of_notice(body: bytes) -> tuple[tuple[str, ...], str]:
    try:
        found, deviates = camt054.names(body)
    except Unreadable as error:
        raise NotUnderstood(f"The body is no notice we can read: {error}.") from error
    if not found:
        raise NotUnderstood("The notice names no payment.")
    return found, deviates
