"""The characters every bank on the way will carry unchanged (the ISO 20022 Latin set that SWIFT and the EPC prescribe)."""

import re
import unicodedata

ALLOWED = r"A-Za-z0-9/\-?:().,'+ "
_REFERENCE = re.compile(rf"[{ALLOWED}]{{1,35}}")
_FOREIGN = re.compile(rf"[^{ALLOWED}]")
_SPELLED = {
    "ß": "ss",
    "Æ": "AE",
    "æ": "ae",
    "Œ": "OE",
    "œ": "oe",
    "Ø": "O",
    "ø": "o",
    "Ł": "L",
    "ł": "l",
    "Đ": "D",
    "đ": "d",
    "\u0131": "i",
}
_SPELLED |= {"&": "+", "_": "-", "\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-", "\n": " ", "\t": " "}
_TABLE = str.maketrans(_SPELLED)


def is_reference(value: str) -> bool:
    """Whether a bank returns this reference as it got it: at most 35 characters, no slash at either end and no two in a row."""
    return (
        bool(_REFERENCE.fullmatch(value))
        and value.strip() == value
        and not (value.startswith("/") or value.endswith("/") or "//" in value)
    )


def latin(value: str, longest: int) -> str:
    """Free text in the allowed set: accents dropped, the rest replaced by a dot, cut at `longest`.
    Empty when nothing legible is left."""
    folded = unicodedata.normalize("NFKD", value.translate(_TABLE))
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    written = " ".join(_FOREIGN.sub(".", plain).split())[:longest].strip()
    return written if any(character.isalnum() for character in written) else ""
