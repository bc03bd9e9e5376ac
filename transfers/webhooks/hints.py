"""What a message names. Only names are read: amounts, states and times are for the provider's own answer to tell."""

import json


class NotUnderstood(Exception):
    """The body is not a message we know; kept, so that it can be read again once we do."""


def end_to_end_id(body: bytes) -> str:
    """The EndToEndId that a message is about. Raises NotUnderstood."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("The body is not JSON.") from error
    match message:
        case {"data": {"end_to_end_id": str(name)}} if 0 < len(name) <= 35:
            return name
    raise NotUnderstood("The body names no payment.")
