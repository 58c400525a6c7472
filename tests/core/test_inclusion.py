"""Proofs of a record: they lead to the manifest they are from, and to no other."""

from __future__ import annotations

import json

import pytest

from provender.core.audit_path import Levels
from provender.core.canonical import canonical_json
from provender.core.inclusion import Proof, parse_document, proof_of
from provender.core.merkle import leaf_hash, merkle_root

ROWS = [leaf_hash(bytes([i])) for i in range(5)]
SHARD = {
    "name": "a.csv",
    "size": 9,
    "sha256": "1" * 64,
    "chunk_root": "2" * 64,
    "rows": len(ROWS),
    "row_root": Levels(ROWS).root.hex(),
    "row_multiset": "3" * 64,
    "schema": "sha256:" + "4" * 64,
}
PROOF = Proof(ROWS[3], 3, Levels(ROWS).path(3), SHARD, 0, ())


def test_a_proof_is_read_back_and_leads_to_its_manifest() -> None:
    assert proof_of(parse_document(canonical_json(PROOF.to_json()))) == PROOF
    assert PROOF.root(1) == "sha256:" + merkle_root([canonical_json(SHARD)]).hex()


@pytest.mark.parametrize("field", ["record", "row", "row_path", "shard_index", "shard_path"])
def test_a_doctored_proof_leads_elsewhere_or_nowhere(field: str) -> None:
    value = json.loads(canonical_json(PROOF.to_json()))
    value[field] = {"record": "5" * 64, "row": 2, "shard_index": 1}.get(field, ["6" * 64])
    with pytest.raises(ValueError, match=r"lead|path|no leaf"):
        proof_of(parse_document(canonical_json(value))).root(1)


def test_a_doctored_shard_leads_to_another_manifest() -> None:
    value = json.loads(canonical_json(PROOF.to_json()))
    value["shard"]["name"] = "b.csv"
    assert proof_of(parse_document(canonical_json(value))).root(1) != PROOF.root(1)
