"""RFC 6962 trees: the published vectors, and pieces that merge to the same root."""

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.merkle import (
    CompactRange,
    leaf_hash,
    merkle_root,
    node_hash,
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
