"""Reading JSON strictly: what two parsers could understand differently is refused, not guessed at.

Refused: duplicate keys, NaN and infinities, numbers of absurd length, lone surrogates and NUL (PostgreSQL cannot keep either),
nesting deep enough to break a reader, anything but an object, and anything larger than MAX_BODY_BYTES.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from transfers.api.problems import Problem, ProblemRaised

MAX_BODY_BYTES = 64 * 1024
MAX_DEPTH = 16
# What every JSON reader keeps exactly (I-JSON); beyond it, text is the honest form.
MAX_INTEGER = 2**53 - 1
_UNKEPT = re.compile("[\\x00\\ud800-\\udfff]")


class StrictJson(BaseParser):
    """The body as a dict of exact values."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], *_: Any, **__: Any) -> dict[str, Any]:
        """Raises ParseError with a sentence about what is wrong, ProblemRaised (413) when it is too much."""
        raw = stream.read(MAX_BODY_BYTES + 1)
        if len(raw) > MAX_BODY_BYTES:
            raise ProblemRaised(Problem(413, "payload_too_large", f"A body may hold {MAX_BODY_BYTES} bytes."))
        return read_object(raw)


def read_object(raw: bytes) -> dict[str, Any]:
    """The one JSON object in `raw`. Raises ParseError."""
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_number
        )
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    except RecursionError:
        raise ParseError("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise ParseError(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    if not isinstance(value, dict):
        raise ParseError("Send one JSON object.")
    _check(value, MAX_DEPTH)
    return value


def canonical(value: Mapping[str, Any]) -> bytes:
    """Equal bytes for equal content, whatever the order of keys or the white space: what an Idempotency-Key is bound to."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The key {twice!r} appears twice in one object.")
    return found


def _constant(text: str) -> Any:
    raise ParseError(f"{text} is not JSON.")


def _integer(text: str) -> int:
    # Compared by length first: turning thousands of digits into a number is what an attacker would like us to do.
    if len(text) > len(str(MAX_INTEGER)) + 1 or abs(int(text)) > MAX_INTEGER:
        raise ParseError("A number is too large to be kept exactly; send it as text.")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ParseError("A number is too large; send it as text.")
    return number


def _check(value: Any, depth: int) -> None:
    if depth < 0:
        raise ParseError("The body is nested too deeply.")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth - 1)


def _check_text(text: str) -> None:
    if _UNKEPT.search(text):
        raise ParseError("A text holds a character that cannot be kept (NUL or half a surrogate pair).")
