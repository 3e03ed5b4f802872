"""Merkle trees as in RFC 6962, section 2, and RFC 9162, section 2: hashes, proofs, verification.

A hash is 32 bytes. MTH, PATH, PROOF and SUBPROOF are the RFCs' names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from attrs import Factory, define

from ..exceptions import ProofError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""MTH of no leaves: the hash of an empty string (RFC 6962, section 2.1)."""


def leaf_hash(data: bytes) -> bytes:
    """MTH of one leaf: SHA-256(0x00 || data) (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962, section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


@define
class Tree:
    """A tree that grows leaf by leaf: the root of every prefix, at constant cost a leaf.

    Attributes:
        size: how many leaves it has.
        subtrees: its whole state: the roots of the perfect subtrees it consists of, largest
            first, one for each bit that is set in ``size``.
    """

    size: int = 0
    subtrees: list[bytes] = Factory(list)

    def append(self, leaf: bytes) -> None:
        """Add a leaf, given as its data."""
        self.append_hash(leaf_hash(leaf))

    def append_hash(self, leaf: bytes) -> None:
        """Add a leaf, given as its leaf hash."""
        equals = self.size
        while equals & 1:
            leaf = node_hash(self.subtrees.pop(), leaf)
            equals >>= 1
        self.subtrees.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves, given as their data: level by level, which is faster than one by one."""
        level = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
        size, self.size = self.size, self.size + len(level)
        unpaired = []
        while level:
            if size & 1:
                level.insert(0, self.subtrees.pop())
            if len(level) & 1:
                unpaired.append(level.pop())
            pairs = zip(level[::2], level[1::2], strict=True)
            level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            size >>= 1
        self.subtrees += reversed(unpaired)

    def root(self) -> bytes:
        """MTH of all leaves so far (RFC 6962, section 2.1)."""
        if not self.subtrees:
            return EMPTY_ROOT
        *larger, root = self.subtrees
        for subtree in reversed(larger):
            root = node_hash(subtree, root)
        return root

    def copy(self) -> Tree:
        """The tree as it is now; appending to either leaves the other alone."""
        return Tree(self.size, self.subtrees.copy())


def tree_root(hashes: Sequence[bytes], start: int = 0, end: int | None = None) -> bytes:
    """MTH(D[start:end]) of leaf hashes (RFC 6962, section 2.1)."""
    tree = Tree()
    for position in range(start, len(hashes) if end is None else end):
        tree.append_hash(hashes[position])
    return tree.root()


def inclusion_proof(hashes: Sequence[bytes], index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]), from the leaf's sibling up (RFC 6962, section 2.1.1).

    Args:
        hashes: at least the first ``size`` leaf hashes.
        index: the leaf that is to be proven.
        size: the size of the tree.

    Raises:
        ValueError: there is no such leaf, or no such tree.
    """
    if not 0 <= index < size <= len(hashes):
        raise ValueError(f"no leaf {index} in a tree of {size} over {len(hashes)} leaves")
    return _path(hashes, index, 0, size)


def _path(hashes: Sequence[bytes], index: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    split = start + _split(end - start)
    if index < split:
        return [*_path(hashes, index, start, split), tree_root(hashes, split, end)]
    return [*_path(hashes, index, split, end), tree_root(hashes, start, split)]


def _split(size: int) -> int:
    """The RFCs' k: the largest power of two smaller than ``size``."""
    return 1 << (size - 1).bit_length() - 1


def consistency_proof(hashes: Sequence[bytes], old_size: int, new_size: int) -> list[bytes]:
    """PROOF(old_size, D[new_size]) (RFC 6962, section 2.1.2).

    It is empty where nothing needs proof: for an empty old tree, and for two of one size.

    Args:
        hashes: at least the first ``new_size`` leaf hashes.
        old_size: the size of the tree that was known before.
        new_size: the size of the tree that is to be proven to begin with it.

    Raises:
        ValueError: there are no such trees.
    """
    if not 0 <= old_size <= new_size <= len(hashes):
        raise ValueError(f"no trees of {old_size} and {new_size} over {len(hashes)} leaves")
    return _subproof(hashes, old_size, 0, new_size, known=True) if old_size else []


def _subproof(
    hashes: Sequence[bytes], old_size: int, start: int, end: int, *, known: bool
) -> list[bytes]:
    """SUBPROOF(old_size - start, D[start:end], known)."""
    if old_size == end:
        return [] if known else [tree_root(hashes, start, end)]
    split = start + _split(end - start)
    if old_size <= split:
        left = _subproof(hashes, old_size, start, split, known=known)
        return [*left, tree_root(hashes, split, end)]
    right = _subproof(hashes, old_size, split, end, known=False)
    return [*right, tree_root(hashes, start, split)]


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Verify that a leaf is in the tree (RFC 9162, section 2.1.3.2).

    Args:
        leaf_hash: the leaf's hash, computed from its data by whoever verifies.
        index: its place, from 0.
        size: the tree's size.
        proof: the hashes of the inclusion proof, from the leaf's sibling up.
        root: the tree's root.

    Raises:
        ProofError: it is not, or not by this proof.
    """
    where = f"inclusion proof of leaf {index} in a tree of {size}"
    if not 0 <= index < size:
        raise ProofError("The leaf is not in a tree of that size.", where=where)
    _check_hashes([leaf_hash, root, *proof], where)
    r = leaf_hash
    for p, on_the_left in _climb(index, size - 1, proof, where):
        r = node_hash(p, r) if on_the_left else node_hash(r, p)
    _check_root("The proof does not lead from the leaf to the root.", where, root, r)


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Verify that the new tree begins with all of the old one (RFC 9162, section 2.1.4.2).

    An empty old tree, and two trees of one size, take an empty proof (C2SP tlog-witness).

    Raises:
        ProofError: it does not, or not by this proof.
    """
    where = f"consistency proof from a tree of {old_size} to a tree of {new_size}"
    if not 0 <= old_size <= new_size:
        raise ProofError("The old tree is larger than the new one.", where=where)
    _check_hashes([old_root, new_root, *proof], where)
    if old_size == 0:
        _check_root("The empty tree has another root.", where, EMPTY_ROOT, old_root)
    if old_size == new_size:
        _check_root("Two trees of one size have two roots.", where, old_root, new_root)
    if old_size in (0, new_size):
        _check_empty(proof, where)
        return
    fr, sr = _both_roots(old_size, old_root, new_size, proof, where)
    _check_root("The proof does not lead to the old root.", where, old_root, fr)
    _check_root("The proof does not lead to the new root.", where, new_root, sr)


def _both_roots(
    old_size: int, old_root: bytes, new_size: int, proof: Sequence[bytes], where: str
) -> tuple[bytes, bytes]:
    """The old and the new root that a consistency proof leads to, the RFC's fr and sr."""
    if not proof:
        raise ProofError("The proof is empty.", where=where)
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    # An old tree that is perfect is itself the proof's first node, and not sent.
    first, *path = proof if old_size & (old_size - 1) else [old_root, *proof]
    fr = sr = first
    for c, on_the_left in _climb(fn, sn, path, where):
        if on_the_left:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
        else:
            sr = node_hash(sr, c)
    return fr, sr


def _climb(fn: int, sn: int, path: Sequence[bytes], where: str) -> Iterator[tuple[bytes, bool]]:
    """Each hash of a path from a node to the root, and whether it stands on the left.

    ``fn`` is the node's place in its level, ``sn`` that of the level's last node (the RFC's names).
    """
    for sibling in path:
        if sn == 0:
            raise ProofError("The proof has more hashes than the tree has levels.", where=where)
        if fn & 1 or fn == sn:
            yield sibling, True
            while fn and not fn & 1:  # the levels where a last node has no sibling
                fn, sn = fn >> 1, sn >> 1
        else:
            yield sibling, False
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofError("The proof has fewer hashes than the tree has levels.", where=where)


def _check_hashes(hashes: Sequence[bytes], where: str) -> None:
    for size in map(len, hashes):
        if size != HASH_BYTES:
            rule = "A hash is not 32 bytes long."
            raise ProofError(rule, where=where, expected="32 bytes", got=f"{size} bytes")


def _check_empty(proof: Sequence[bytes], where: str) -> None:
    if proof:
        rule = "There is nothing to prove, yet the proof has hashes."
        raise ProofError(rule, where=where, expected="0 hashes", got=f"{len(proof)} hashes")


def _check_root(rule: str, where: str, expected: bytes, got: bytes) -> None:
    if expected != got:
        raise ProofError(rule, where=where, expected=expected.hex(), got=got.hex())
