"""What the sealer remembers of itself outside the database: the last checkpoint it signed.

Whoever can rewrite the database, or put yesterday's in its place, cannot make the sealer forget what it has already said.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.sealing.keys import PublicKey
from audit.sealing.notes import Signed, open_note

_FILE = "last-signed.checkpoint"


@dataclass(frozen=True, slots=True)
class Memory:
    """One file in a directory of the sealer's own; `keys` are those it has ever signed with."""

    directory: Path
    keys: Sequence[PublicKey]

    @property
    def path(self) -> Path:
        return self.directory / _FILE

    def read(self) -> Signed | None:
        """None when it never signed, or lost its memory. Raises NoteRefused when the file is damaged, and OSError."""
        try:
            return open_note(self.path.read_text(encoding="utf-8"), self.keys)
        except FileNotFoundError:
            return None

    def write(self, signed: Signed) -> None:
        """On disk when it returns; whole or not at all when the machine stops in between. Raises OSError."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(signed.note)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        directory = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
