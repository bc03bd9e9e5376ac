"""What of a request or an answer is kept, and what is blotted out: secrets for good, account numbers to their last four characters.

Texts are masked as texts, not as documents, so that one that nobody can read is masked as well.
"""

import re
from collections.abc import Iterable

from eth_utils.crypto import keccak

MASK = "[masked]"
# Of a text that is longer, beginning and end are kept.
MOST = 32_768
_END = 4_096
_KEPT_CHARACTERS = 4

_NAMED = re.compile(
    r'("(?:[^"\\]*(?:secret|token|password|passwd|passphrase|authori[sz]ation|signature|mnemonic'
    r'|(?:api|private|secret|signing|access)_?key)|cvc2?|cvv2?|pin)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+\-]*)',
    re.IGNORECASE,
)
# What stands under such a name in an address.
_IN_QUERY = re.compile(r"([?&][a-z_\-]*(?:secret|token|password|key|signature)=)[^&\s]+", re.IGNORECASE)
_BEARER = re.compile(r"\b(bearer|basic) +[A-Za-z0-9+/=_.~\-]{8,}", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
# A type-2 transaction with its signature: whoever has the bytes can send them.
_SIGNED = re.compile(r"0x02f[89](?:[0-9a-f]{2}){100,}", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\b")
_ACCOUNT = re.compile(
    r'(<(?:\w+:)?Othr>\s*<(?:\w+:)?Id>|<(?:\w+:)?PAN>|"(?:card|card_number|pan|iban|clabe|account|account_number)"\s*:\s*"?)'
    r'(?=[A-Z ]*[0-9])([A-Z0-9 ]{8,34})(?=[<",}\s])',
    re.IGNORECASE,
)


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without `secrets` and whatever looks like one, cut to about MOST characters."""
    # What is far from both ends is not kept in any case, and long answers are not searched whole for it.
    if len(text) > 4 * MOST:
        text = f"{text[: 2 * MOST]}{text[-2 * MOST :]}"
    for secret in filter(None, secrets):
        text = text.replace(secret, MASK)
    text = _NAMED.sub(rf'\1"{MASK}"', text)
    text = _IN_QUERY.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    text = _IN_ADDRESS.sub(f"{MASK}:{MASK}", text)
    text = _SIGNED.sub(_hash_of, text)
    text = _ACCOUNT.sub(lambda found: found[1] + last_four(found[2]), text)
    return _cut(_IBAN.sub(lambda found: last_four(found[0]) if _is_iban(found[0]) else found[0], text))


def last_four(number: str) -> str:
    return "*" * max(len(number) - _KEPT_CHARACTERS, 0) + number[-_KEPT_CHARACTERS:]


def readable(content: bytes) -> str:
    """Every byte of it: what is not UTF-8 stands there as \\xNN, and so does a zero, which the database does not take."""
    return content.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def _cut(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST - _END]}\n[characters left out here]\n{text[-_END:]}"


def _hash_of(found: re.Match[str]) -> str:
    """Signed bytes are kept with their transaction; here their hash tells which they were."""
    raw = bytes.fromhex(found[0][2:])
    return f"[{len(raw)} signed bytes, hash 0x{keccak(raw).hex()}]"


def _is_iban(text: str) -> bool:
    turned = text[4:] + text[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1
