"""Checkpoints as C2SP signed notes: what is written, signed and kept elsewhere. Pure.

A note of ours is three lines (origin, size, root), a blank one and two signatures by the log's key under the origin's name: the
plain note signature (type 0x01) over those lines, and the cosignature (type 0x04) over the same lines with a time, which says when.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from audit.sealing.keys import DASH, NAME, PLAIN, TIMED, NoteRefused, PublicKey, SigningKey, decode, encode, timed_message

MAX_NOTE = 64 * 1024
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its name, its number of leaves and the root above them."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"

    @classmethod
    def parse(cls, body: str) -> "Checkpoint":
        """The three lines, exactly. Raises NoteRefused; extension lines are refused too, since nobody could check them."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3] or not NAME.fullmatch(lines[0]) or not _SIZE.fullmatch(lines[1]):
            raise NoteRefused("a checkpoint is a line with the origin, one with the size and one with the root")
        found = cls(lines[0], int(lines[1]), decode(lines[2]))
        if len(found.root) != 32:
            raise NoteRefused("the root is not 32 bytes")
        return found


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that a key of ours signed at `time` (seconds since 1970), with the note as it was read."""

    checkpoint: Checkpoint
    time: int
    note: str


def sign(checkpoint: Checkpoint, key: SigningKey, time: int) -> Signed:
    """Both signatures, the plain one first. Whoever calls it has proved that the log only grew since the last one it signed."""
    body = checkpoint.body()
    return Signed(checkpoint, time, f"{body}\n{key.plain_line(body)}{key.timed_line(body, time)}")


def open_note(note: str, keys: Iterable[PublicKey]) -> Signed:
    """The checkpoint in a note that one of these keys signed twice, plain and with a time. Raises NoteRefused.

    Signatures by others are no business of ours; a wrong one by a key of ours spoils the whole note.
    """
    body, signatures = _parts(note)
    checkpoint = Checkpoint.parse(body)
    for key in keys:
        if key.name != checkpoint.origin:
            continue
        time = _time(body, signatures, key)
        if time is not None:
            return Signed(checkpoint, time, note)
    raise NoteRefused(f"no key that we know signed this checkpoint of {checkpoint.origin}")


def _time(body: str, signatures: list[tuple[str, bytes]], key: PublicKey) -> int | None:
    """When the key signed both ways; None when it did not sign at all."""
    plain = [value for name, value in signatures if name == key.name and value[:4] == key.id(PLAIN)]
    if not plain:
        return None
    if not all(key.verify(value[4:], body.encode()) for value in plain):
        raise NoteRefused(f"the signature of {key.name} is wrong")
    time = _timed(body, signatures, key)
    if time is None:
        raise NoteRefused(f"{key.name} signed without a time")
    return time


def _timed(body: str, signatures: list[tuple[str, bytes]], key: PublicKey) -> int | None:
    found = [value[4:] for name, value in signatures if name == key.name and value[:4] == key.id(TIMED)]
    times = [int.from_bytes(value[:8], "big") for value in found]
    for time, value in zip(times, found, strict=True):
        if not key.verify(value[8:], timed_message(body, time)):
            raise NoteRefused(f"the timed signature of {key.name} is wrong")
    return max(times, default=None)


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The signed text and the signatures below the last blank line."""
    if len(note) > MAX_NOTE or any(character < " " and character != "\n" for character in note):
        raise NoteRefused("a note is a short text without control characters")
    body, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise NoteRefused("a note ends with a blank line and signatures")
    return body + "\n", [_signature(line) for line in tail[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    name, _, value = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not NAME.fullmatch(name):
        raise NoteRefused("a signature is a dash, a name and base64")
    found = decode(value)
    if len(found) < 5:
        raise NoteRefused("a signature is longer than its key id")
    return name, found
