"""What an anchor is, and what it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class AnchorFailed(Exception):
    """It did not take the checkpoint; the message says why in words that name no address and no secret."""


class AnchorRefused(AnchorFailed):
    """It says that our log does not continue the one it knows: no trouble on the way, but what anchors are for."""


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint as it was signed."""

    sequence: int
    origin: str
    size: int
    text: str


@dataclass(frozen=True, slots=True)
class Due:
    """Checkpoints that an anchor has not got, oldest first, at least one; `taken_size` is that of the last one it took.

    `proof(old)` proves that the newest of them begins with the tree of `old` leaves. Raises ValueError when `old` is larger.
    """

    notes: Sequence[Note]
    taken_size: int
    proof: Callable[[int], list[bytes]]

    @property
    def newest(self) -> Note:
        return self.notes[-1]


class Anchor(Protocol):
    """`every_s` is the pause between two deliveries, 0 for none; `wants_all`: not only the newest checkpoint."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def every_s(self) -> int: ...

    @property
    def wants_all(self) -> bool: ...

    def take(self, due: Due) -> str:
        """Keep what is due; returns what the other side answered, when that is worth keeping. Raises AnchorFailed."""
