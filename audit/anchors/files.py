"""A file that only grows: on another disk, a mount of another machine, or made append-only by its administrator."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from audit.anchors.base import AnchorFailed, Due

_TAIL = 64 * 1024
_END = re.compile(b"\n\xe2\x80\x94 [^\n]+\n\n")


@dataclass(frozen=True, slots=True)
class FileAnchor:
    """Every checkpoint, each followed by a blank line: the form that the offline verifier reads."""

    name: str
    path: Path
    kind: str = "file"
    every_s: int = 0
    wants_all: bool = True

    def take(self, due: Due) -> str:
        """On disk when it returns. What a crash made us repeat is not written twice."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                _append(file, [f"{note.text}\n".encode() for note in due.notes])
            finally:
                os.close(file)
            _flush_directory(self.path.parent)
        except OSError as error:
            raise AnchorFailed(f"the file cannot be written: {error.strerror}") from error
        return ""


def _append(file: int, notes: list[bytes]) -> None:
    """In one write, behind the last whole note: where the machine died in the middle of one, its beginning is taken away."""
    end = os.fstat(file).st_size
    start = max(end - _TAIL, 0)
    whole = _whole(os.pread(file, _TAIL, start))
    if start + len(whole) < end:
        if start and not whole:
            raise AnchorFailed("the file does not end with a checkpoint: is it an anchor?")
        end = start + len(whole)
        os.ftruncate(file, end)
    there = next((number + 1 for number in reversed(range(len(notes))) if whole.endswith(notes[number])), 0)
    content = b"".join(notes[there:])
    if os.write(file, content) < len(content):
        os.ftruncate(file, end)
        raise AnchorFailed("the file cannot be written: no space is left")
    os.fsync(file)


def _whole(tail: bytes) -> bytes:
    """Up to the blank line after the last signatures."""
    return tail[: max((found.end() for found in _END.finditer(tail)), default=0)]


def _flush_directory(directory: Path) -> None:
    """So that the file's name survives, too."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
