"""The receipt of one removed record, from the data before and the seal that removed it."""

from __future__ import annotations

from pathlib import Path

from provender.core.audit_path import Levels
from provender.core.inclusion import Proof
from provender.core.removal_receipt import Receipt
from provender.errors import UsageError
from provender.provenance.chain import removed_hashes
from provender.provenance.seal import read_seal


def receipt_from(proof: Proof, seal: Path) -> Receipt:
    """Return the receipt of the record of ``proof``, which the seal in a file lists as removed.

    Of equal records that were picked out, any will do: no digest tells them apart.

    Raises:
        UsageError: when the seal does not list it.
        BrokenTrustError, InputError: when the seal, or removed.bin beside it, is not as it must
            be or cannot be read.
    """
    _, statement = read_seal(seal)
    for removal in statement.removed:
        if (removal.shard, removal.row_root) == (proof.shard["name"], proof.shard["row_root"]):
            return Receipt(proof, removal.reason, proof.row, proof.row_path)
    hashes, at = removed_hashes(seal.parent, statement.removed), 0
    for removal in statement.removed:
        if removal.shard is not None:
            continue
        part = hashes[at : at + removal.rows]
        at += removal.rows
        if proof.record in part:
            index = part.index(proof.record)
            return Receipt(proof, removal.reason, index, Levels(part).path(index))
    raise UsageError("--removed-by", "does not list this record as removed", "name another seal")
