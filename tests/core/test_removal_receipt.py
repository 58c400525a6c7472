"""Receipts: they lead to one removal of the seal that lists their record, and to no other."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from provender.core.audit_path import Levels
from provender.core.canonical import canonical_json
from provender.core.inclusion import parse_document
from provender.core.merkle import leaf_hash
from provender.core.removal_receipt import Receipt, receipt_of
from provender.core.succession import Removal
from tests.core.test_inclusion import PROOF, ROWS

TAKEN = [ROWS[1], ROWS[3], leaf_hash(b"of another shard")]
REMOVAL = Removal("duplicates/exact-row", 3, Levels(TAKEN).root.hex())
RECEIPT = Receipt(PROOF, REMOVAL.reason, 1, Levels(TAKEN).path(1))
OTHER = Removal("text/label-conflict", 1, "0" * 64)


def test_a_receipt_is_read_back_and_leads_to_its_removal() -> None:
    found = receipt_of(parse_document(canonical_json(RECEIPT.to_json())))
    assert found == RECEIPT
    assert found.removal([OTHER, REMOVAL]) == REMOVAL


def test_a_record_of_a_shard_that_went_as_a_whole_has_a_receipt() -> None:
    whole = Removal("consent withdrawn", len(ROWS), Levels(ROWS).root.hex(), "a.csv")
    receipt = Receipt(PROOF, whole.reason, PROOF.row, PROOF.row_path)
    assert receipt.removal([whole]) == whole
    with pytest.raises(ValueError, match="not among"):
        receipt.removal([replace(whole, shard="b.csv")])


@pytest.mark.parametrize(
    "receipt",
    [
        replace(RECEIPT, index=0),
        replace(RECEIPT, index=3),
        replace(RECEIPT, reason=OTHER.reason),
        replace(RECEIPT, path=RECEIPT.path[:-1]),
        replace(RECEIPT, was=replace(PROOF, record=ROWS[0])),
    ],
)
def test_a_doctored_receipt_leads_to_no_removal(receipt: Receipt) -> None:
    with pytest.raises(ValueError, match="not among"):
        receipt.removal([OTHER, REMOVAL])


def test_a_seal_that_lists_other_records_has_no_receipt() -> None:
    for removed in ([], [replace(REMOVAL, rows=2)], [replace(REMOVAL, row_root="0" * 64)]):
        with pytest.raises(ValueError, match="not among"):
            RECEIPT.removal(removed)


def test_a_receipt_in_another_form_is_refused() -> None:
    for change in ({"version": "provender-proof/1"}, {"was": {}}, {"path": ["x"]}, {"more": 1}):
        value = {**json.loads(canonical_json(RECEIPT.to_json())), **change}
        with pytest.raises(ValueError):
            receipt_of(value)
