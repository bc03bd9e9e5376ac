"""The Merkle tree of RFC 9162, section 2.1: how it grows, and what its root is. Pure; hashes are 32 bytes of SHA-256.

A perfect subtree has a level and an index: level 0 is the leaves, and (L, i) stands above the leaves from i * 2^L to (i + 1) * 2^L.
Of the inner nodes only those of level 8, 16, 24, ... are kept (one for 256 leaves); what lies between is computed from at most 256
hashes below it. So every root and proof of a tree of any size reads few rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

# Levels between two that are kept.
STRIDE = 8
EMPTY_ROOT = sha256(b"").digest()

# (level, start, end) -> the kept hashes with an index from `start` to before `end`, in order. Level is 0, 8, 16, ...
ReadHashes = Callable[[int, int, int], Sequence[bytes]]


class TreeIncomplete(Exception):
    """A hash that a tree of this size must have is not there."""


@dataclass(frozen=True, slots=True)
class Node:
    """The root of a perfect subtree of a kept level."""

    level: int
    index: int
    hash: bytes


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The right edge of a tree of `size` leaves: the roots of the perfect subtrees that it falls into, the largest first."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def append(self, leaves: Iterable[bytes]) -> list[Node]:
        """Grow by these leaf hashes; returns the nodes to keep that became complete, in the order in which they did."""
        roots, size, kept = self.roots, self.size, []
        for leaf in leaves:
            found, level = leaf, 0
            while size >> level & 1:
                found = sha256(b"\x01" + roots.pop() + found).digest()
                level += 1
                if level % STRIDE == 0:
                    kept.append(Node(level, size >> level, found))
            roots.append(found)
            size += 1
        self.size = size
        return kept

    def root(self) -> bytes:
        if not self.roots:
            return EMPTY_ROOT
        right = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            right = node_hash(left, right)
        return right


def frontier(read: ReadHashes, size: int) -> Frontier:
    """The right edge of the tree's first `size` leaves. Raises TreeIncomplete."""
    roots, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            roots.append(_perfect(read, level, start >> level))
            start += 1 << level
    return Frontier(size, roots)


def root(read: ReadHashes, size: int) -> bytes:
    """Of the tree's first `size` leaves. Raises TreeIncomplete."""
    return frontier(read, size).root()


def split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def subtree(read: ReadHashes, start: int, end: int) -> bytes:
    """Hash of a subtree that the tree's own splits lead to: it begins at a multiple of the power of two that covers it."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return _perfect(read, level, start >> level)
    middle = start + split(width)
    return node_hash(subtree(read, start, middle), subtree(read, middle, end))


def _perfect(read: ReadHashes, level: int, index: int) -> bytes:
    """Read from the nearest kept level at or below. Raises TreeIncomplete."""
    rest = level % STRIDE
    below = index << rest
    hashes = list(read(level - rest, below, below + (1 << rest)))
    if len(hashes) != 1 << rest:
        raise TreeIncomplete(f"level {level - rest} lacks hashes between {below} and {below + (1 << rest)}")
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]
