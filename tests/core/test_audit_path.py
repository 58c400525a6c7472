"""Audit paths: every leaf leads to the root from its own place, and nothing else does."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.audit_path import Levels, path_root, streamed_path
from provender.core.merkle import CompactRange, leaf_hash, merkle_root, node_hash
from tests.core.test_merkle import LEAVES, ROOTS

HASHES = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]

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


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_paths_are_those_published_for_certificate_transparency(
    index: int, size: int, path: list[str]
) -> None:
    found = Levels(HASHES[:size]).path(index)
    assert [node.hex() for node in found] == path
    assert path_root(HASHES[index], index, size, found).hex() == ROOTS[size - 1]


@given(st.integers(0, 70))
def test_the_root_is_that_of_one_pass(size: int) -> None:
    hashes = [leaf_hash(bytes([i])) for i in range(size)]
    assert Levels(hashes).root == CompactRange.of_leaves(0, hashes).root()


@given(st.integers(1, 70), st.lists(st.integers(0, 70), max_size=5), st.data())
def test_a_path_is_the_same_when_the_leaves_stream_by(
    size: int, cuts: list[int], data: st.DataObject
) -> None:
    hashes = [leaf_hash(bytes([i])) for i in range(size)]
    edges = [0, *sorted(min(cut, size) for cut in cuts), size]
    blocks = [hashes[a:b] for a, b in itertools.pairwise(edges)]
    index = data.draw(st.integers(0, size - 1))
    assert streamed_path(blocks, size, index) == Levels(hashes).path(index)


@given(st.integers(1, 70), st.data())
def test_a_leaf_leads_to_the_root_from_its_own_place_only(size: int, data: st.DataObject) -> None:
    hashes = [leaf_hash(bytes([i])) for i in range(size)]
    tree = Levels(hashes)
    index = data.draw(st.integers(0, size - 1))
    path = tree.path(index)
    assert path_root(hashes[index], index, size, path) == tree.root
    assert path_root(leaf_hash(b"else"), index, size, path) != tree.root
    for other in set(range(size)) - {index}:
        try:
            assert path_root(hashes[index], other, size, path) != tree.root
        except ValueError:
            continue


@given(st.integers(2, 40), st.data())
def test_a_path_that_was_changed_leads_elsewhere(size: int, data: st.DataObject) -> None:
    hashes = [leaf_hash(bytes([i])) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    tree = Levels(hashes)
    path = list(tree.path(index))
    for wrong in (path[:-1], [*path, path[0]]):
        with pytest.raises(ValueError, match="path is too"):
            path_root(hashes[index], index, size, wrong)
    with pytest.raises(ValueError, match="hash of 31 bytes"):
        path_root(hashes[index], index, size, [node[:-1] for node in path])
    at = data.draw(st.integers(0, len(path) - 1))
    path[at] = bytes(32)
    assert path_root(hashes[index], index, size, path) != tree.root


def test_an_inner_node_is_no_leaf_of_a_tree_whose_size_is_known() -> None:
    inner = node_hash(HASHES[0], HASHES[1])
    path, root = Levels(HASHES[:4]).path(0), merkle_root(map(bytes.fromhex, LEAVES[:4]))
    assert path_root(inner, 0, 2, path[1:]) == root, "so the size must be trusted"
    with pytest.raises(ValueError, match="too short"):
        path_root(inner, 0, 4, path[1:])


def test_there_is_no_path_from_nowhere() -> None:
    for index in (-1, 8):
        with pytest.raises(IndexError):
            Levels(HASHES).path(index)
        with pytest.raises(IndexError):
            streamed_path([HASHES], 8, index)
        with pytest.raises(ValueError, match="no leaf"):
            path_root(HASHES[0], index, 8, ())
