"""Writing to disk so that a crash leaves either the old content or the new, never half of it."""

import os
from pathlib import Path


def write_atomically(path: Path, content: str, *, mode: int) -> None:
    """Replace `path` by `content` and make it durable before returning. `mode` holds from the first byte on."""
    scratch = path.with_name(path.name + ".new")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable, which syncing a file does not."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class AppendOnlyFile:
    """Lines that are only ever added, each durable before `append` returns. A torn last line, as a crash leaves it, is cut off."""

    def __init__(self, path: Path) -> None:
        existed = path.exists()
        self._file = path.open("a+b")
        self._file.seek(0)
        content = self._file.read()
        self._size = content.rfind(b"\n") + 1
        self._file.truncate(self._size)
        self.lines: list[bytes] = content[: self._size].splitlines()
        if not existed:
            sync_directory(path.parent)

    def append(self, line: str) -> None:
        """Add one line. Raises OSError with the file as it was before (a full disk must not leave half a line behind)."""
        encoded = line.encode() + b"\n"
        try:
            self._file.write(encoded)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(self._size)
            raise
        self._size += len(encoded)

    def close(self) -> None:
        self._file.close()
