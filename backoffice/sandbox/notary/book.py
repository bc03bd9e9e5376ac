"""The notary's book: an append-only file of checkpoints, and the rule for what may be added."""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.verifier import Checkpoint, Key, parse_note, verify_consistency


class Refused(Exception):
    """What tlog-witness answers instead of 200. `status` is HTTP's; with `size` the body is the size that the notary knows."""

    def __init__(self, status: int, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.size = size


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint, and the proof that its tree begins with that of `old` leaves."""

    old: int
    proof: list[bytes]
    note: bytes


class Book:
    """The checkpoints of one log, by any of its keys, on disk. Raises ValueError when the file holds something else."""

    def __init__(self, path: Path, keys: Sequence[Key]) -> None:
        self._path = path
        self._keys = keys
        self._lock = threading.Lock()
        self._last = self._read_last()

    def add(self, given: Submission) -> Checkpoint:
        """Written down and flushed when it returns. Raises Refused."""
        seen = self._signed(given.note)
        with self._lock:
            self._check(given, seen)
            self._write(given.note)
            self._last = seen
        return seen

    def content(self) -> bytes:
        return self._path.read_bytes() if self._path.exists() else b""

    def _signed(self, note: bytes) -> Checkpoint:
        if note.split(b"\n")[0] != self._keys[0].name.encode():
            raise Refused(404, "this notary keeps another log")
        try:
            return parse_note(note, self._keys)
        except ValueError as error:
            raise Refused(403, str(error)) from error

    def _check(self, given: Submission, seen: Checkpoint) -> None:
        last = self._last
        if given.old > seen.size:
            raise Refused(400, "the old size is larger than the checkpoint's")
        if last is None or last.size == 0:
            if given.old or given.proof:
                raise Refused(409, "nothing is known of this log yet", size=0)
            return
        if given.old != last.size:
            raise Refused(409, "the last checkpoint known is another one", size=last.size)
        if seen.size == last.size and seen.root != last.root:
            raise Refused(409, f"another root was signed for the same {seen.size} events: the log was rewritten")
        if not verify_consistency(last.size, seen.size, last.root, seen.root, given.proof):
            raise Refused(422, f"the log does not begin with the {last.size} events that it began with: it was rewritten")

    def _write(self, note: bytes) -> None:
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, note + b"\n")
            os.fsync(file)
        finally:
            os.close(file)

    def _read_last(self) -> Checkpoint | None:
        notes = self.content().removesuffix(b"\n")
        if not notes:
            return None
        start = notes.rfind(b"\n\n", 0, notes.rfind(b"\n\n")) + 2
        return parse_note(notes[start if start > 1 else 0 :], self._keys)
