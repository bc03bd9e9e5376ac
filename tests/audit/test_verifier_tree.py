"""The verifier's tree, inclusion and consistency against RFC 9162 and the vectors of the certificate transparency programs."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.verifier import Frontier, hash_leaf, verify_consistency, verify_inclusion
from tests.audit.rfc9162 import (
    accepts_consistency,
    accepts_inclusion,
    consistency_proof,
    hash_of,
    inclusion_proof,
    root_of,
)

# The eight inputs that certificate transparency logs have been tested with since the beginning, and the root after each.
CLASSIC = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
CLASSIC.append(bytes(range(0x60, 0x70)))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
MOST = 40

leaves_of = [[b"event %d" % number for number in range(size)] for size in range(MOST + 1)]
roots = [root_of(leaves) for leaves in leaves_of]


def _pairs() -> Iterator[tuple[int, int]]:
    """(smaller, size) for every size up to MOST."""
    return ((smaller, size) for size in range(1, MOST + 1) for smaller in range(size))


def _forgeries(proof: list[bytes]) -> Iterator[list[bytes]]:
    """What somebody might try instead of `proof`: cut, extended, swapped, doubled, emptied, and a bit turned in every node."""
    yield from (proof[:-1], proof[1:], [*proof, bytes(32)], [bytes(32), *proof], [*proof, proof[-1]], [proof[0], *proof], [])
    for number, node in enumerate(proof):
        for turned in (bytes([node[0] ^ 1]) + node[1:], node[:-1] + bytes([node[-1] ^ 128]), node[:-1], node + b"\0", b""):
            yield [*proof[:number], turned, *proof[number + 1 :]]
        for other in range(number):
            swapped = list(proof)
            swapped[number], swapped[other] = swapped[other], swapped[number]
            yield swapped


def test_the_classic_inputs_have_their_published_roots() -> None:
    tree = Frontier()
    assert tree.root().hex() == EMPTY
    for number, leaf in enumerate(CLASSIC):
        tree.extend([hash_leaf(leaf)])
        assert (tree.size, tree.root().hex()) == (number + 1, ROOTS[number])
        assert root_of(CLASSIC[: number + 1]).hex() == ROOTS[number]


@given(st.lists(st.lists(st.binary(max_size=40), max_size=30), max_size=12))
def test_the_root_does_not_depend_on_the_batches_it_came_in(batches: list[list[bytes]]) -> None:
    tree = Frontier()
    for batch in batches:
        tree.extend([hash_leaf(leaf) for leaf in batch])
    assert tree.root() == root_of([leaf for batch in batches for leaf in batch])


def test_every_honest_inclusion_proof_is_accepted() -> None:
    for index, size in _pairs():
        assert verify_inclusion(index, size, hash_leaf(b"event %d" % index), inclusion_proof(index, leaves_of[size]), roots[size])


def test_every_honest_consistency_proof_is_accepted() -> None:
    for old, size in _pairs():
        if old:
            proof = consistency_proof(old, leaves_of[size])
            assert verify_consistency(old, size, roots[old], roots[size], proof)
    assert verify_consistency(7, 7, roots[7], roots[7], [])


@pytest.mark.parametrize("size", [2, 3, 7, 8, 11, 32, 33])
def test_no_forged_inclusion_proof_is_accepted(size: int) -> None:
    for index in range(size):
        leaf, honest = hash_leaf(b"event %d" % index), inclusion_proof(index, leaves_of[size])
        for proof in _forgeries(honest):
            assert proof == honest or not verify_inclusion(index, size, leaf, proof, roots[size])
        for other in {*range(size + 2), -1, -size, 2**70} - {index}:
            assert not verify_inclusion(other, size, leaf, honest, roots[size])
        assert not verify_inclusion(index, size, hash_leaf(b"another"), honest, roots[size])
        assert not verify_inclusion(index, size, leaf, honest, roots[size - 1])
        assert not verify_inclusion(index, size, leaf[:-1], honest, roots[size])


def test_inclusion_in_nothing_or_behind_the_end_is_refused() -> None:
    leaf = hash_leaf(b"event 0")
    assert verify_inclusion(0, 1, leaf, [], leaf)
    for index, size in ((0, 0), (1, 1), (1, 0), (0, -1), (-1, 1), (-1, -1)):
        assert not verify_inclusion(index, size, leaf, [], leaf)


def test_a_node_is_no_leaf_and_a_leaf_no_node() -> None:
    """Without the two prefixes, the inner node over two events could be shown as an event of its own."""
    left, right = hash_leaf(b"event 0"), hash_leaf(b"event 1")
    assert not verify_inclusion(0, 1, hash_leaf(left + right), [], roots[2])
    assert not verify_inclusion(0, 2, left[:16], [left[16:] + right], roots[2])


@pytest.mark.parametrize(("old", "size"), [(1, 2), (3, 7), (4, 7), (6, 8), (7, 8), (8, 11), (11, 32), (16, 33), (32, 33)])
def test_no_forged_consistency_proof_is_accepted(old: int, size: int) -> None:
    honest = consistency_proof(old, leaves_of[size])
    for proof in _forgeries(honest):
        assert proof == honest or not verify_consistency(old, size, roots[old], roots[size], proof)
    for other in range(size + 2):
        assert other == old or not verify_consistency(other, size, roots[old], roots[size], honest)
    for one, another in ((roots[size], roots[old]), (roots[old], roots[old]), (roots[size], roots[size]), (b"", roots[size])):
        assert not verify_consistency(old, size, one, another, honest)


def test_consistency_from_nothing_backwards_or_with_itself_changed_is_refused() -> None:
    assert not verify_consistency(0, 5, roots[0], roots[5], [])
    assert not verify_consistency(0, 0, roots[0], roots[0], [])
    assert not verify_consistency(5, 4, roots[5], roots[4], consistency_proof(4, leaves_of[5]))
    assert not verify_consistency(5, 5, roots[5], roots[4], [])
    assert not verify_consistency(5, 5, roots[5], roots[5], [roots[5]])
    assert not verify_consistency(-1, 5, roots[5], roots[5], [])


_nodes = st.sampled_from([hash_leaf(b"event %d" % number) for number in range(6)] + roots[2:8])


@given(st.integers(0, 12), st.integers(1, 12), _nodes, st.lists(_nodes, max_size=6), _nodes)
def test_inclusion_is_judged_as_the_rfc_judges_it(index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes) -> None:
    """Random proofs of plausible nodes: nothing accepted that the step-by-step algorithm refuses, and nothing less."""
    assert verify_inclusion(index, size, leaf, proof, root) == accepts_inclusion(index, size, leaf, proof, root)
    chained = _chain(leaf, proof)
    assert verify_inclusion(index, size, leaf, proof, chained) == accepts_inclusion(index, size, leaf, proof, chained)


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_consistency_is_judged_as_the_rfc_judges_it(one: int, another: int, data: st.DataObject) -> None:
    old, size = sorted((one, another))
    if old == size:
        return
    leaves = [b"event %d" % number for number in range(size)]
    honest = consistency_proof(old, leaves)
    proof = data.draw(st.permutations(honest) | st.just(honest) | st.lists(st.sampled_from(honest), max_size=len(honest)))
    for claimed in (old, data.draw(st.integers(1, size - 1))):
        arguments = claimed, size, root_of(leaves[:claimed]), root_of(leaves), proof
        assert verify_consistency(*arguments) == accepts_consistency(*arguments)


def _chain(leaf: bytes, proof: list[bytes]) -> bytes:
    """A root that `proof` does lead to, when the leaf is the leftmost."""
    for node in proof:
        leaf = hash_of(b"\x01", leaf, node)
    return leaf
