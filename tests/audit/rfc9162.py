"""The tree of RFC 9162 as its section 2.1 defines it: recursive, slow, and written without a look at any other code of ours.

What makes trees and proofs here must be what the verifier accepts; what it accepts must be what the RFC's own algorithms accept.
"""

from collections.abc import Sequence
from hashlib import sha256


def hash_of(prefix: bytes, *parts: bytes) -> bytes:
    return sha256(b"".join((prefix, *parts))).digest()


def split_at(size: int) -> int:
    """The largest power of two smaller than `size`."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n])"""
    if not leaves:
        return hash_of(b"")
    if len(leaves) == 1:
        return hash_of(b"\x00", leaves[0])
    k = split_at(len(leaves))
    return hash_of(b"\x01", root_of(leaves[:k]), root_of(leaves[k:]))


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])"""
    if len(leaves) == 1:
        return []
    k = split_at(len(leaves))
    if index < k:
        return [*inclusion_proof(index, leaves[:k]), root_of(leaves[k:])]
    return [*inclusion_proof(index - k, leaves[k:]), root_of(leaves[:k])]


def consistency_proof(old_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]), for 0 < m < n; empty for m = n."""
    return [] if old_size == len(leaves) else _subproof(old_size, leaves, whole=True)


def _subproof(old_size: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = split_at(len(leaves))
    if old_size <= k:
        return [*_subproof(old_size, leaves[:k], whole=whole), root_of(leaves[k:])]
    return [*_subproof(old_size - k, leaves[k:], whole=False), root_of(leaves[:k])]


def accepts_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """2.1.3.2, step by step."""
    if index >= size:
        return False
    fn, sn, found = index, size - 1, leaf
    for node in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = hash_of(b"\x01", node, found)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hash_of(b"\x01", found, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def accepts_consistency(old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """2.1.4.2, step by step, for 0 < old_size < size."""
    if not proof:
        return False
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for node in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = hash_of(b"\x01", node, old), hash_of(b"\x01", node, new)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = hash_of(b"\x01", new, node)
        fn, sn = fn >> 1, sn >> 1
    return old == old_root and new == root and sn == 0
