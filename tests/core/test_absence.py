"""Proofs of absence: they hold for what is not there, and can be made for nothing that is."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.absence import Absence, Neighbour, absence_of
from provender.core.audit_path import Levels
from provender.core.canonical import canonical_json
from provender.core.inclusion import parse_document
from provender.core.merkle import leaf_hash

RECORDS = sorted(leaf_hash(bytes([i])) for i in range(9))
TREE = Levels(RECORDS)
ROOT = TREE.root.hex()
RECORD = st.integers(0, 30).map(lambda i: leaf_hash(bytes([i])))


def neighbour(index: int, records: list[bytes] = RECORDS) -> Neighbour:
    return Neighbour(records[index], index, Levels(records).path(index))


def between(index: int) -> bytes:
    """Return what lies just above a record."""
    return (int.from_bytes(RECORDS[index], "big") + 1).to_bytes(32, "big")


ABSENCE = Absence(between(3), (neighbour(3), neighbour(4)))


def test_a_proof_is_read_back_and_holds() -> None:
    found = absence_of(parse_document(canonical_json(ABSENCE.to_json())))
    assert found == ABSENCE
    found.check(ROOT, 9)


@given(st.lists(RECORD, max_size=20).map(sorted), RECORD)
def test_what_is_not_there_can_be_shown_and_what_is_there_cannot(
    records: list[bytes], record: bytes
) -> None:
    at = bisect_left(records, record)
    size, root = len(records), Levels(records).root.hex()
    pairs = [(i, i + 1) for i in range(size - 1)]
    sides = [(i,) for i in range(size)]
    shown = []
    for indexes in [(), *sides, *pairs]:
        proof = Absence(record, tuple(neighbour(i, records) for i in indexes))
        try:
            proof.check(root, size)
        except ValueError:
            continue
        shown.append(indexes)
    honest = tuple(i for i in (at - 1, at) if 0 <= i < size)
    assert shown == ([] if record in records else [honest])


@pytest.mark.parametrize(
    "proof",
    [
        replace(ABSENCE, neighbours=(neighbour(3), neighbour(5))),
        replace(ABSENCE, neighbours=(neighbour(4), neighbour(3))),
        replace(ABSENCE, neighbours=(neighbour(3),)),
        replace(ABSENCE, neighbours=(neighbour(3), neighbour(4), neighbour(5))),
        replace(ABSENCE, neighbours=()),
        replace(ABSENCE, neighbours=(neighbour(3), replace(neighbour(4), index=5))),
        replace(ABSENCE, neighbours=(neighbour(3), replace(neighbour(4), record=bytes(32)))),
        replace(ABSENCE, record=RECORDS[3]),
        replace(ABSENCE, record=RECORDS[7]),
    ],
)
def test_a_doctored_proof_shows_nothing(proof: Absence) -> None:
    with pytest.raises(ValueError):
        proof.check(ROOT, 9)


def test_a_proof_holds_for_its_own_data_only() -> None:
    for root, size in ((ROOT, 8), ("0" * 64, 9)):
        with pytest.raises(ValueError):
            ABSENCE.check(root, size)
    last = Absence(b"\xff" * 32, (neighbour(8),))
    last.check(ROOT, 9)
    with pytest.raises(ValueError):
        last.check(ROOT, 10)


def test_a_proof_in_another_form_is_refused() -> None:
    for change in ({"version": "provender-proof/1"}, {"neighbours": [1]}, {"record": ""}, {"a": 1}):
        value = {**json.loads(canonical_json(ABSENCE.to_json())), **change}
        with pytest.raises(ValueError):
            absence_of(value)
