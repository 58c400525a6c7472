"""Inclusion: every leaf leads to the root, and nothing else does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.canonical import canonical_json
from provender.core.inclusion import Proof, audit_path, parse_proof, path_root
from provender.core.merkle import CompactRange, leaf_hash, merkle_root

ROWS = [leaf_hash(bytes([i])) for i in range(5)]
SHARD = {
    "name": "a.csv",
    "size": 9,
    "sha256": "1" * 64,
    "chunk_root": "2" * 64,
    "rows": len(ROWS),
    "row_root": CompactRange.of_leaves(0, ROWS).root().hex(),
    "row_multiset": "3" * 64,
    "schema": "sha256:" + "4" * 64,
}
PROOF = Proof(ROWS[3], 3, audit_path(ROWS, 3), SHARD, 0, ())

# RFC 6962's example tree, as the Certificate Transparency project publishes it for testing.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
PATHS = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_paths_are_those_published(index: int, size: int) -> None:
    hashes = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert tuple(digest.hex() for digest in audit_path(hashes, index)) == PATHS[index, size]


@given(st.integers(1, 70), st.data())
def test_every_leaf_leads_to_the_root(size: int, data: st.DataObject) -> None:
    leaves = [bytes([i]) for i in range(size)]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    index = data.draw(st.integers(0, size - 1))
    path = audit_path(hashes, index)
    root = merkle_root(leaves)
    assert path_root(hashes[index], index, size, path) == root
    for other in set(range(size)) - {index}:
        try:
            assert path_root(hashes[index], other, size, path) != root
        except ValueError:
            continue


@given(st.integers(2, 40), st.data())
def test_a_path_that_was_changed_leads_elsewhere(size: int, data: st.DataObject) -> None:
    hashes = [leaf_hash(bytes([i])) for i in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = list(audit_path(hashes, index))
    root = path_root(hashes[index], index, size, path)
    for wrong in (path[:-1], [*path, path[0]]):
        with pytest.raises(ValueError, match="path is too"):
            path_root(hashes[index], index, size, wrong)
    at = data.draw(st.integers(0, len(path) - 1))
    path[at] = bytes(32)
    assert path_root(hashes[index], index, size, path) != root


def test_there_is_no_path_from_nowhere() -> None:
    for index in (-1, 5):
        with pytest.raises(IndexError):
            audit_path(ROWS, index)
        with pytest.raises(ValueError, match="no leaf"):
            path_root(ROWS[0], index, 5, ())


def test_a_proof_is_read_back_and_leads_to_its_manifest() -> None:
    assert parse_proof(canonical_json(PROOF.to_json())) == PROOF
    assert PROOF.root(1) == "sha256:" + merkle_root([canonical_json(SHARD)]).hex()


@pytest.mark.parametrize("field", ["record", "row", "row_path", "shard_index", "shard_path"])
def test_a_doctored_proof_leads_elsewhere_or_nowhere(field: str) -> None:
    value = json.loads(canonical_json(PROOF.to_json()))
    value[field] = {"record": "5" * 64, "row": 2, "shard_index": 1}.get(field, ["6" * 64])
    with pytest.raises(ValueError, match=r"lead|path|no leaf"):
        parse_proof(canonical_json(value)).root(1)


def test_a_doctored_shard_leads_to_another_manifest() -> None:
    value = json.loads(canonical_json(PROOF.to_json()))
    value["shard"]["name"] = "b.csv"
    assert parse_proof(canonical_json(value)).root(1) != PROOF.root(1)
