"""RFC 6962 trees: the published vectors, and pieces that merge to the same root."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.merkle import (
    CompactRange,
    inclusion_path,
    leaf_hash,
    merkle_root,
    node_hash,
    verify_inclusion,
)

# The leaves and roots that Certificate Transparency's reference tests use.
LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
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

# (leaf, leaves in the tree, path): the audit paths of the same reference tests.
PATHS = [
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
]


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_published_for_certificate_transparency(count):
    assert merkle_root(bytes.fromhex(leaf) for leaf in LEAVES[:count]).hex() == ROOTS[count - 1]


def test_the_empty_tree_hashes_nothing():
    assert merkle_root([]) == hashlib.sha256(b"").digest()


@given(st.integers(0, 70), st.lists(st.integers(0, 70), max_size=6))
def test_pieces_merge_to_the_root_of_one_pass(count, cuts):
    hashes = [leaf_hash(bytes([i])) for i in range(count)]
    edges = [0, *sorted(min(c, count) for c in cuts), count]
    whole = CompactRange(0, 0)
    for a, b in itertools.pairwise(edges):
        whole = whole.merge(CompactRange.of_leaves(a, hashes[a:b]))
    assert whole.root() == CompactRange.of_leaves(0, hashes).root()
    assert whole == CompactRange.of_leaves(0, hashes)


def test_a_gap_between_pieces_is_refused():
    with pytest.raises(ValueError, match="leaf 1 expected"):
        CompactRange.of_leaves(0, [b"a" * 32]).merge(CompactRange.of_leaves(2, [b"b" * 32]))


def test_a_range_that_does_not_begin_at_the_first_leaf_has_no_root():
    with pytest.raises(ValueError, match="missing"):
        CompactRange.of_leaves(3, [b"a" * 32]).root()


def test_leaves_and_nodes_are_hashed_apart():
    assert leaf_hash(b"ab") != node_hash(b"a", b"b")


HASHES = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_audit_paths_are_those_published_for_certificate_transparency(index, size, path):
    found = inclusion_path(HASHES[:size], index)
    assert [node.hex() for node in found] == path
    root = bytes.fromhex(ROOTS[size - 1])
    assert verify_inclusion(HASHES[index], index, size, found, root)


@given(st.integers(1, 70), st.data())
def test_a_path_holds_for_its_own_leaf_place_and_tree_only(size, data):
    hashes = [leaf_hash(bytes([i])) for i in range(size)]
    root = CompactRange.of_leaves(0, hashes).root()
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(hashes, index)
    assert verify_inclusion(hashes[index], index, size, path, root)
    other = data.draw(st.integers(-1, size))
    assert verify_inclusion(hashes[index], other, size, path, root) == (other == index)
    assert not verify_inclusion(leaf_hash(b"else"), index, size, path, root)
    assert not verify_inclusion(hashes[index], index, size, (*path, root), root)
    if path:
        assert not verify_inclusion(hashes[index], index, size, path[:-1], root)
        place = data.draw(st.integers(0, len(path) - 1))
        forged = [*path[:place], leaf_hash(b"else"), *path[place + 1 :]]
        assert not verify_inclusion(hashes[index], index, size, forged, root)
        assert not verify_inclusion(hashes[index], index, size, [n[:-1] for n in path], root)


def test_an_inner_node_is_no_leaf():
    inner = node_hash(HASHES[0], HASHES[1])
    path, root = inclusion_path(HASHES[:4], 0), merkle_root(map(bytes.fromhex, LEAVES[:4]))
    assert verify_inclusion(inner, 0, 2, path[1:], root), "so the size must be trusted"
    assert not verify_inclusion(inner, 0, 4, path[1:], root)


def test_a_leaf_that_is_not_there_has_no_path():
    with pytest.raises(IndexError):
        inclusion_path(HASHES, 8)
