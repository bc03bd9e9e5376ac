"""audit.sealing.tree and .proofs against the definitions of RFC 9162, written down here as they stand there."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.sealing.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from audit.sealing.tree import EMPTY_ROOT, STRIDE, Frontier, ReadHashes, TreeIncomplete, frontier, leaf_hash, root

MOST = 1_000


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of section 2.1.1, of leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return sha256(b"\x01" + defined_root(leaves[:middle]) + defined_root(leaves[middle:])).digest()


def leaf(number: int) -> bytes:
    return leaf_hash(str(number).encode())


LEAVES = [leaf(number) for number in range(MOST)]
ROOTS = {size: defined_root(LEAVES[:size]) for size in (*range(70), *range(250, 262), *range(510, 515), MOST)}
sizes = st.sampled_from(sorted(ROOTS))


def kept(leaves: Sequence[bytes]) -> ReadHashes:
    """Leaves and nodes as a log of this size keeps them."""
    nodes = {(0, number): value for number, value in enumerate(leaves)}
    nodes |= {(node.level, node.index): node.hash for node in Frontier().append(leaves)}
    return lambda level, start, end: [nodes[level, index] for index in range(start, end) if (level, index) in nodes]


READ = kept(LEAVES)


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == root(READ, 0) == EMPTY_ROOT == sha256(b"").digest()


@given(sizes)
def test_the_root_is_the_defined_one(size: int) -> None:
    growing = Frontier()
    growing.append(LEAVES[:size])
    assert growing.root() == root(READ, size) == ROOTS[size]


@given(sizes, sizes)
def test_a_tree_grows_from_where_it_was_read(first: int, second: int) -> None:
    size = max(first, second)
    read = frontier(READ, min(first, second))
    read.append(LEAVES[read.size : size])
    assert (read.size, read.root()) == (size, ROOTS[size])


def test_it_keeps_one_node_for_256_leaves() -> None:
    nodes = Frontier().append(LEAVES)
    assert [(node.level, node.index) for node in nodes] == [(STRIDE, 0), (STRIDE, 1), (STRIDE, 2)]
    assert [node.hash for node in nodes] == [defined_root(LEAVES[at : at + 256]) for at in (0, 256, 512)]


def test_it_keeps_one_node_for_256_nodes() -> None:
    leaves = [leaf(number) for number in range(65_536)]
    nodes = Frontier().append(leaves)
    assert [(node.level, node.index) for node in nodes[-2:]] == [(8, 255), (16, 0)]
    assert len(nodes) == 257
    assert nodes[-1].hash == defined_root(leaves)


def test_a_proof_in_a_large_tree_reads_few_hashes() -> None:
    leaves = [leaf(number) for number in range(70_000)]
    read, count = kept(leaves), 0

    def counted(level: int, start: int, end: int) -> Sequence[bytes]:
        nonlocal count
        count += end - start
        return read(level, start, end)

    proof = inclusion_proof(counted, 40_000, 70_000)
    assert verify_inclusion(leaf=leaves[40_000], index=40_000, size=70_000, proof=proof, root=root(read, 70_000))
    assert count < 1_300


@given(sizes.filter(bool), st.data())
def test_every_leaf_is_proved_to_be_in(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(READ, index, size)
    assert len(proof) <= size.bit_length()
    assert verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof, root=ROOTS[size])
    assert not verify_inclusion(leaf=leaf(-1), index=index, size=size, proof=proof, root=ROOTS[size])
    assert not verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=[*proof, leaf(-1)], root=ROOTS[size])
    assert not verify_inclusion(leaf=LEAVES[index], index=size, size=size, proof=proof, root=ROOTS[size])
    if proof:
        assert not verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof[:-1], root=ROOTS[size])
        assert not verify_inclusion(leaf=LEAVES[index], index=index ^ 1, size=size, proof=proof, root=ROOTS[size])


@given(sizes, sizes)
def test_every_tree_is_proved_to_begin_with_each_older_one(first: int, second: int) -> None:
    old, new = sorted((first, second))
    proof = consistency_proof(READ, old, new)
    given_ = {"old": old, "old_root": ROOTS[old], "new": new, "new_root": ROOTS[new]}
    assert verify_consistency(**given_, proof=proof)  # type: ignore[arg-type]
    assert not verify_consistency(**given_, proof=[*proof, leaf(-1)])  # type: ignore[arg-type]
    assert not verify_consistency(**given_ | {"old_root": leaf(-1)}, proof=proof)  # type: ignore[arg-type]
    if old:
        assert not verify_consistency(**given_ | {"new_root": leaf(-1)}, proof=proof)  # type: ignore[arg-type]
    if proof:
        assert not verify_consistency(**given_, proof=proof[1:])  # type: ignore[arg-type]
        assert not verify_consistency(**given_, proof=proof[:-1])  # type: ignore[arg-type]


@given(sizes.filter(lambda size: size > 1), st.data())
def test_a_tree_with_another_leaf_is_not_consistent(size: int, data: st.DataObject) -> None:
    old = data.draw(sizes.filter(lambda other: 0 < other < size))
    changed = data.draw(st.integers(0, old - 1))
    forged = [*LEAVES[:changed], leaf(-1), *LEAVES[changed + 1 : size]]
    proof = consistency_proof(kept(forged), old, size)
    assert not verify_consistency(old=old, old_root=ROOTS[old], new=size, new_root=defined_root(forged), proof=proof)


def test_a_shorter_tree_is_no_successor() -> None:
    assert not verify_consistency(old=2, old_root=ROOTS[2], new=1, new_root=ROOTS[1], proof=[])
    with pytest.raises(ValueError, match="does not begin"):
        consistency_proof(READ, 2, 1)
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(READ, 1, 1)


def test_a_lost_hash_is_an_error_and_no_other_root() -> None:
    with pytest.raises(TreeIncomplete, match="level 0"):
        root(kept(LEAVES[:259]), 260)
