"""Check digits of account numbers."""

import re

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_CLABE = re.compile(r"[0-9]{18}")
_CLABE_WEIGHTS = (3, 7, 1)


def iban_is_valid(value: str) -> bool:
    """ISO 13616: moved and read in base 36, the number leaves 1 when divided by 97."""
    if not _IBAN.fullmatch(value):
        return False
    moved = value[4:] + value[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def clabe_is_valid(value: str) -> bool:
    """Mexico's 18-digit account number: the last digit closes the weighted sum of the others."""
    if not _CLABE.fullmatch(value):
        return False
    weighted = sum(int(digit) * _CLABE_WEIGHTS[place % 3] % 10 for place, digit in enumerate(value[:17]))
    return (10 - weighted % 10) % 10 == int(value[17])
