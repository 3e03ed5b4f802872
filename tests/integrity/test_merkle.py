"""The tree and its proofs are RFC 6962's and RFC 9162's, and no other proof passes."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import ProofError
from earwitness.integrity import merkle
from earwitness.integrity.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from tests.integrity.trees import LEAVES, ROOTS, flips, mth, path, proof

HASHES = [leaf_hash(leaf) for leaf in LEAVES]
MANY = [b"%d" % n for n in range(300)]
MANY_HASHES = [leaf_hash(leaf) for leaf in MANY]

SMALL = 20
SMALL_ROOTS = [mth(MANY[:size]) for size in range(SMALL + 1)]
PLACES = [(index, size) for size in range(1, SMALL + 1) for index in range(size)]
GROWTHS = [(old, new) for new in range(2, SMALL + 1) for old in range(1, new)]

places = st.integers(1, len(MANY)).flatmap(
    lambda size: st.tuples(st.integers(0, size - 1), st.just(size))
)
growths = st.integers(2, len(MANY)).flatmap(
    lambda new: st.tuples(st.integers(1, new - 1), st.just(new))
)


def grown(leaves: list[bytes]) -> Tree:
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree


def included(leaf: bytes, index: int, size: int, hashes: list[bytes], root: bytes) -> bool:
    try:
        verify_inclusion(leaf, index, size, hashes, root)
    except ProofError:
        return False
    return True


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, hashes: list[bytes]) -> bool:
    try:
        verify_consistency(old, old_root, new, new_root, hashes)
    except ProofError:
        return False
    return True


def spoilt(hashes: list[bytes]) -> Iterator[list[bytes]]:
    """A proof with bits flipped and hashes dropped, added and swapped, in every place."""
    for n, hash_ in enumerate(hashes):
        for other in flips(hash_):
            yield [*hashes[:n], other, *hashes[n + 1 :]]
        yield [*hashes[:n], *hashes[n + 1 :]]
        yield [*hashes[:n], hash_, *hashes[n:]]
    for n in range(len(hashes) + 1):
        yield [*hashes[:n], bytes(32), *hashes[n:]]
    for n in range(len(hashes) - 1):
        yield [*hashes[:n], hashes[n + 1], hashes[n], *hashes[n + 2 :]]


# Trees


def test_hashes_are_the_published_ones():
    assert EMPTY_ROOT == tree_root([]) == ROOTS[0]
    assert leaf_hash(b"") == ROOTS[1]
    assert node_hash(HASHES[0], HASHES[1]) == ROOTS[2]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int):
    assert grown(LEAVES[:size]).root() == ROOTS[size]
    assert tree_root(HASHES, 0, size) == ROOTS[size]


@given(st.lists(st.binary(max_size=40), max_size=300))
def test_a_tree_has_the_root_that_the_definition_gives(leaves: list[bytes]):
    assert grown(leaves).root() == mth(leaves)


def test_a_tree_has_the_right_root_after_every_leaf():
    tree = Tree()
    for size, root in enumerate(SMALL_ROOTS):
        assert (tree.size, tree.root()) == (size, root)
        tree.append(MANY[size])


@given(st.lists(st.lists(st.binary(max_size=3), max_size=40), max_size=6))
def test_leaves_that_are_added_at_once_are_added_one_after_the_other(batches: list[list[bytes]]):
    at_once = Tree()
    for batch in batches:
        at_once.extend(batch)
    assert at_once == grown([leaf for batch in batches for leaf in batch])


def test_a_trees_state_is_logarithmic():
    tree = Tree()
    for leaf in MANY:
        tree.append(leaf)
        assert len(tree.subtrees) == tree.size.bit_count()


def test_a_leaf_costs_less_than_one_node_on_average(monkeypatch: pytest.MonkeyPatch):
    nodes = Mock(return_value=bytes(32))
    monkeypatch.setattr(merkle, "node_hash", nodes)
    grown(MANY)
    assert nodes.call_count == len(MANY) - len(MANY).bit_count()


def test_a_copy_of_a_tree_stays_as_it_was():
    tree = grown(LEAVES[:5])
    copy = tree.copy()
    tree.append(LEAVES[5])
    assert (copy.size, copy.root()) == (5, ROOTS[5])
    copy.append(LEAVES[5])
    assert copy == tree


def test_a_tree_goes_on_from_its_state():
    tree = grown(LEAVES[:5])
    resumed = Tree(tree.size, list(tree.subtrees))
    resumed.append_hash(HASHES[5])
    assert resumed.root() == ROOTS[6]


# Making proofs


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [
        (0, 1, []),
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            [
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_inclusion_proofs_are_the_published_ones(index: int, size: int, expected: list[str]):
    made = inclusion_proof(HASHES, index, size)
    assert [hash_.hex() for hash_ in made] == expected
    verify_inclusion(HASHES[index], index, size, made, ROOTS[size])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1, []),
        (
            1,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            [
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ],
)
def test_consistency_proofs_are_the_published_ones(old: int, new: int, expected: list[str]):
    made = consistency_proof(HASHES, old, new)
    assert [hash_.hex() for hash_ in made] == expected
    verify_consistency(old, ROOTS[old], new, ROOTS[new], made)


@pytest.mark.parametrize(("index", "size"), PLACES)
def test_the_inclusion_proof_of_every_leaf_is_as_defined_and_passes(index: int, size: int):
    made = inclusion_proof(MANY_HASHES, index, size)
    assert made == path(index, MANY[:size])
    verify_inclusion(MANY_HASHES[index], index, size, made, SMALL_ROOTS[size])


@pytest.mark.parametrize(("old", "new"), GROWTHS)
def test_the_consistency_proof_of_every_growth_is_as_defined_and_passes(old: int, new: int):
    made = consistency_proof(MANY_HASHES, old, new)
    assert made == proof(old, MANY[:new])
    verify_consistency(old, SMALL_ROOTS[old], new, SMALL_ROOTS[new], made)


@given(places)
def test_inclusion_proofs_of_large_trees_are_as_defined_and_pass(place: tuple[int, int]):
    index, size = place
    made = inclusion_proof(MANY_HASHES, index, size)
    assert made == path(index, MANY[:size])
    verify_inclusion(MANY_HASHES[index], index, size, made, mth(MANY[:size]))


@given(growths)
def test_consistency_proofs_of_large_trees_are_as_defined_and_pass(growth: tuple[int, int]):
    old, new = growth
    made = consistency_proof(MANY_HASHES, old, new)
    assert made == proof(old, MANY[:new])
    verify_consistency(old, mth(MANY[:old]), new, mth(MANY[:new]), made)


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (0, 0), (1, 1), (0, 9)])
def test_no_inclusion_proof_is_made_of_what_is_not_there(index: int, size: int):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(HASHES, index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 1), (2, 1), (1, 9)])
def test_no_consistency_proof_is_made_of_what_is_not_there(old: int, new: int):
    with pytest.raises(ValueError, match="no trees"):
        consistency_proof(HASHES, old, new)


@pytest.mark.parametrize("size", [0, 1, 5])
def test_the_empty_tree_and_the_same_tree_are_consistent_without_proof(size: int):
    assert consistency_proof(HASHES, 0, size) == consistency_proof(HASHES, size, size) == []
    verify_consistency(0, EMPTY_ROOT, size, ROOTS[size], [])
    verify_consistency(size, ROOTS[size], size, ROOTS[size], [])


# Refusing proofs


@pytest.mark.parametrize(("index", "size"), [place for place in PLACES if place[1] <= 9])
def test_an_inclusion_proof_that_was_touched_anywhere_is_refused(index: int, size: int):
    leaf, root = MANY_HASHES[index], SMALL_ROOTS[size]
    made = inclusion_proof(MANY_HASHES, index, size)
    assert not any(included(leaf, index, size, mutant, root) for mutant in spoilt(made))
    assert not any(included(other, index, size, made, root) for other in flips(leaf))
    assert not any(included(leaf, index, size, made, other) for other in flips(root))


@pytest.mark.parametrize(("old", "new"), [growth for growth in GROWTHS if growth[1] <= 9])
def test_a_consistency_proof_that_was_touched_anywhere_is_refused(old: int, new: int):
    old_root, new_root = SMALL_ROOTS[old], SMALL_ROOTS[new]
    made = consistency_proof(MANY_HASHES, old, new)
    assert not any(consistent(old, old_root, new, new_root, mutant) for mutant in spoilt(made))
    assert not any(consistent(old, other, new, new_root, made) for other in flips(old_root))
    assert not any(consistent(old, old_root, new, other, made) for other in flips(new_root))


@given(places, st.data())
def test_an_inclusion_proof_of_a_large_tree_that_was_touched_is_refused(
    place: tuple[int, int], data: st.DataObject
):
    index, size = place
    made = inclusion_proof(MANY_HASHES, index, size)
    for mutant in data.draw(st.lists(st.sampled_from(list(spoilt(made))), max_size=5)):
        assert not included(MANY_HASHES[index], index, size, mutant, mth(MANY[:size]))


@given(growths, st.data())
def test_a_consistency_proof_of_a_large_tree_that_was_touched_is_refused(
    growth: tuple[int, int], data: st.DataObject
):
    old, new = growth
    made = consistency_proof(MANY_HASHES, old, new)
    for mutant in data.draw(st.lists(st.sampled_from(list(spoilt(made))), max_size=5)):
        assert not consistent(old, mth(MANY[:old]), new, mth(MANY[:new]), mutant)


def test_an_inclusion_proof_proves_one_leaf_of_one_tree_and_no_other():
    for index, size in PLACES:
        made = inclusion_proof(MANY_HASHES, index, size)
        assert [
            (leaf, other, of)
            for of in range(SMALL + 1)
            for other in range(SMALL)
            for leaf in (index, other)
            if included(MANY_HASHES[leaf], other, of, made, SMALL_ROOTS[of])
        ] == [(index, index, size)] * 2


def test_a_consistency_proof_proves_the_growth_of_two_trees_and_no_others():
    for growth in GROWTHS:
        made = consistency_proof(MANY_HASHES, *growth)
        assert [
            (old, new)
            for new in range(SMALL + 1)
            for old in range(SMALL + 1)
            if consistent(old, SMALL_ROOTS[old], new, SMALL_ROOTS[new], made)
        ] == [growth]


INCLUSION = inclusion_proof(HASHES, 2, 5)
CONSISTENCY = consistency_proof(HASHES, 3, 5)


@pytest.mark.parametrize(
    ("leaf", "index", "size", "hashes", "root", "rule"),
    [
        (HASHES[2], 5, 5, INCLUSION, ROOTS[5], "The leaf is not in a tree of that size."),
        (HASHES[2], -1, 5, INCLUSION, ROOTS[5], "The leaf is not in a tree of that size."),
        (HASHES[2], 0, 0, [], ROOTS[0], "The leaf is not in a tree of that size."),
        (b"", 2, 5, INCLUSION, ROOTS[5], "A hash is not 32 bytes long."),
        (HASHES[2], 2, 5, [b"", *INCLUSION], ROOTS[5], "A hash is not 32 bytes long."),
        (HASHES[2], 2, 5, INCLUSION, b"", "A hash is not 32 bytes long."),
        (HASHES[2], 2, 5, INCLUSION * 2, ROOTS[5], "The proof has more hashes"),
        (HASHES[2], 2, 5, INCLUSION[:-1], ROOTS[5], "The proof has fewer hashes"),
        (HASHES[3], 2, 5, INCLUSION, ROOTS[5], "does not lead from the leaf to the root."),
    ],
)
def test_an_inclusion_proof_is_refused_by_the_rule_it_breaks(
    leaf: bytes, index: int, size: int, hashes: list[bytes], root: bytes, rule: str
):
    with pytest.raises(ProofError, match=rule):
        verify_inclusion(leaf, index, size, hashes, root)


@pytest.mark.parametrize(
    ("old", "old_root", "new", "new_root", "hashes", "rule"),
    [
        (5, ROOTS[5], 3, ROOTS[3], CONSISTENCY, "The old tree is larger than the new one."),
        (-1, ROOTS[0], 3, ROOTS[3], CONSISTENCY, "The old tree is larger than the new one."),
        (3, b"", 5, ROOTS[5], CONSISTENCY, "A hash is not 32 bytes long."),
        (0, ROOTS[1], 5, ROOTS[5], [], "The empty tree has another root."),
        (0, ROOTS[0], 0, ROOTS[1], [], "Two trees of one size have two roots."),
        (5, ROOTS[5], 5, ROOTS[4], [], "Two trees of one size have two roots."),
        (0, ROOTS[0], 5, ROOTS[5], CONSISTENCY, "There is nothing to prove"),
        (5, ROOTS[5], 5, ROOTS[5], CONSISTENCY, "There is nothing to prove"),
        (3, ROOTS[3], 5, ROOTS[5], [], "The proof is empty."),
        (4, ROOTS[4], 5, ROOTS[5], [], "The proof is empty."),
        (3, ROOTS[3], 5, ROOTS[5], CONSISTENCY * 2, "The proof has more hashes"),
        (3, ROOTS[3], 5, ROOTS[5], CONSISTENCY[:-1], "The proof has fewer hashes"),
        (3, ROOTS[4], 5, ROOTS[5], CONSISTENCY, "does not lead to the old root."),
        (3, ROOTS[3], 5, ROOTS[6], CONSISTENCY, "does not lead to the new root."),
    ],
)
def test_a_consistency_proof_is_refused_by_the_rule_it_breaks(
    old: int, old_root: bytes, new: int, new_root: bytes, hashes: list[bytes], rule: str
):
    with pytest.raises(ProofError, match=rule):
        verify_consistency(old, old_root, new, new_root, hashes)


def test_a_refused_proof_tells_what_was_to_be_proven_and_both_roots():
    with pytest.raises(ProofError) as caught:
        verify_inclusion(HASHES[3], 2, 5, INCLUSION, ROOTS[5])
    assert caught.value.where == "inclusion proof of leaf 2 in a tree of 5"
    assert caught.value.expected == ROOTS[5].hex()
    assert caught.value.got not in ("", ROOTS[5].hex())
