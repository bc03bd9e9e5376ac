"""The reference that a payer writes into a bank transfer, so that we know whose money it is. Pure.

`CS`, eight characters, one to check: a slip of the pen names nobody instead of somebody else. Banks add and take away spaces,
hyphens and case, and put the reference in the middle of other words.
"""

import re
import secrets

PREFIX = "CS"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS = 8
_PRIME = 31
_SHAPE = re.compile(rf"(?={PREFIX}([{_ALPHABET}]{{{_DIGITS + 1}}}))")


def new_deposit_reference() -> str:
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_DIGITS))
    return f"{PREFIX}{body}{_check(body)}"


def references_in(text: str) -> list[str]:
    """Every well-formed reference in `text`, in order; each is one that somebody may have been told, or chance."""
    bare = re.sub(r"[^0-9A-Z]", "", text.upper())
    bodies = dict.fromkeys(found.group(1) for found in _SHAPE.finditer(bare))
    return [f"{PREFIX}{body}" for body in bodies if _check(body[:-1]) == body[-1]]


def _check(body: str) -> str:
    """Weighted modulo a prime: one wrong character and two that changed places are both found."""
    total = sum(place * _ALPHABET.index(character) for place, character in enumerate(body, start=1))
    return _ALPHABET[total % _PRIME]
