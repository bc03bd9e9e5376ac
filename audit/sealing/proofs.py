"""Proofs of RFC 9162, sections 2.1.3 and 2.1.4: that a leaf is in a tree, and that a tree begins with an older one. Pure.

Making and verifying share nothing but the hash of two nodes: the first descends from the root, the second climbs from the leaf.
"""

from collections.abc import Iterator, Sequence

from audit.sealing.tree import EMPTY_ROOT, ReadHashes, node_hash, split, subtree


def inclusion_proof(read: ReadHashes, index: int, size: int) -> list[bytes]:
    """That leaf `index` is in the tree of `size` leaves. Raises ValueError when it cannot be, and TreeIncomplete."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    return [subtree(read, start, end) for start, end in reversed(list(_siblings(index, 0, size)))]


def consistency_proof(read: ReadHashes, old: int, new: int) -> list[bytes]:
    """That the tree of `new` leaves begins with the tree of `old` ones; empty when old is 0 or new. Raises ValueError,
    TreeIncomplete."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves does not begin with one of {old}")
    if old in (0, new):
        return []
    return [subtree(read, start, end) for start, end in _subproof(old, 0, new, whole=True)]


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2. `leaf` is a leaf hash."""
    if not 0 <= index < size:
        return False
    number, last, found = index, size - 1, leaf
    for part in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(part, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, part)
        number, last = number >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(*, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2; an empty old tree is consistent with every new one."""
    if not 0 < old < new:
        agree = old_root == new_root if old == new else old_root == EMPTY_ROOT
        return 0 <= old <= new and agree and not proof
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    return _walk(number, last, path) == (old_root, new_root)


def _walk(number: int, last: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Old and new root that the path leads to; None when it is too long or too short."""
    old = new = path[0]
    for part in path[1:]:
        if last == 0:
            return None
        if number & 1 or number == last:
            old, new = node_hash(part, old), node_hash(part, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, part)
        number, last = number >> 1, last >> 1
    return (old, new) if last == 0 else None


def _siblings(index: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The ranges beside the way from the root down to a leaf."""
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            yield middle, end
            end = middle
        else:
            yield start, middle
            start = middle


def _subproof(old: int, start: int, end: int, *, whole: bool) -> list[tuple[int, int]]:
    """SUBPROOF of RFC 9162, 2.1.4.1; `whole` while the old tree's root is what the verifier has already."""
    if old == end:
        return [] if whole else [(start, end)]
    middle = start + split(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, whole=whole), (middle, end)]
    return [*_subproof(old, middle, end, whole=False), (start, middle)]
