"""One line of a bulk file, and what can be wrong with one."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

MAX_LINES = 60_000
MAX_BYTES = 24 * 1024 * 1024
MAX_REFERENCE_LENGTH = 200

_SHAPES: dict[str, tuple[re.Pattern[str], str]] = {
    "amount": (
        re.compile(r"(0|[1-9][0-9]{0,59})(\.[0-9]{1,30})?", re.ASCII),
        'Write it as decimal text in major units, such as "1000.00".',
    ),
    "source_currency": (
        re.compile(r"[A-Za-z0-9._-]{1,60}", re.ASCII),
        "Write a code such as USDC or an asset id such as USDC.ethereum.",
    ),
    "target_currency": (
        re.compile(r"[A-Za-z0-9._-]{1,60}", re.ASCII),
        "Write a code such as USDC or an asset id such as USDC.ethereum.",
    ),
    "corridor": (re.compile(r"[A-Za-z0-9_-]{0,40}", re.ASCII), "Write a corridor such as US-MX, or nothing."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """An order as it was sent. `number` is what its sender can find it by: the line of the file, or the place in the array."""

    number: int
    amount: str
    source_currency: str
    target_currency: str
    destination: Mapping[str, str] | str
    corridor: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """`field` as the sender wrote it; `sentence` says what is wrong and the way out. Line 0 is the file as a whole."""

    line: int
    field: str
    sentence: str


class FileUnreadable(ValueError):
    """The file cannot be read line by line at all; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says. `problems` are those of its form; its meaning is judged against the books later.

    A file may name itself: `message_id` is used once by its sender. `not_before` is the latest day that it asks to be paid on.
    """

    lines: tuple[OrderLine, ...]
    problems: tuple[LineProblem, ...]
    message_id: str = ""
    not_before: date | None = None


def read(lines: Iterable[OrderLine], problems: Iterable[LineProblem] = ()) -> Read:
    """The lines with the problems of their form. Raises FileUnreadable for a file without lines, or with too many."""
    kept = tuple(lines)
    found = [*problems, *(problem for line in kept for problem in _of_form(line))]
    if not kept and not found:
        raise FileUnreadable("There is no line in it.")
    if len(kept) > MAX_LINES:
        raise FileUnreadable(f"It has {len(kept):,} lines; one file takes {MAX_LINES:,}. Split it.")
    return Read(kept, tuple(sorted(found, key=lambda problem: problem.line)))


def _of_form(line: OrderLine) -> Iterator[LineProblem]:
    for name, (shape, sentence) in _SHAPES.items():
        if not shape.fullmatch(getattr(line, name)):
            yield LineProblem(line.number, name, sentence)
    if len(line.reference) > MAX_REFERENCE_LENGTH:
        yield LineProblem(line.number, "reference", f"Use at most {MAX_REFERENCE_LENGTH} characters.")
    elif not line.reference.isprintable() and any(unicodedata.category(letter) in ("Cc", "Cs") for letter in line.reference):
        yield LineProblem(line.number, "reference", "It holds a control character. Take it out.")
