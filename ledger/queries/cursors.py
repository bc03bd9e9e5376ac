"""Cursors of keyset pages: where the last row of a page stands in the order of the rows."""

import base64
import binascii
import json


class BadCursor(ValueError):
    """The cursor was not one of ours."""


def encode(key: list[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def decode(cursor: str, parts: int) -> list[str]:
    """The key of `parts` values behind a cursor. Raises BadCursor."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (binascii.Error, ValueError) as error:
        raise BadCursor("this page link is damaged; start again from the first page") from error
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(part, str) for part in key):
        raise BadCursor("this page link is damaged; start again from the first page")
    return key
