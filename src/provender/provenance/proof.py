"""Proofs that a record is among sealed data: made from the data, checked without them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provender.core.audit_path import Levels
from provender.core.breach import Breach, BreachKind, BrokenTrustError, told_as
from provender.core.canonical import canonical_json
from provender.core.inclusion import Proof, parse_proof
from provender.core.merkle import leaf_hash
from provender.core.statement import SealStatement
from provender.errors import InputError, IntegrityError, UsageError
from provender.identity.records import record_digests
from provender.io.discover import named_files, shard_ref
from provender.io.reader import read_span, survey
from provender.provenance.files import read_document
from provender.provenance.sealed import Sealed

_MAX_BYTES = 2**20


def prove(sealed: Sealed, inputs: Sequence[str], shard: str, row: int) -> Proof:
    """Return the proof that record ``row`` of ``shard`` is among the sealed data.

    Memory: some 130 bytes for each record of the shard.

    Raises:
        UsageError: when there is no such shard or record.
        IntegrityError: when the shard is not the sealed one.
        InputError: when it cannot be read.
    """
    entries = sealed.manifest.shards
    index = next((i for i, entry in enumerate(entries) if entry.name == shard), None)
    files = named_files(inputs)
    if index is None or shard not in files:
        raise UsageError("--shard", f"{shard!r} is not sealed, or not there", "name another")
    entry = entries[index]
    if not 0 <= row < entry.rows:
        raise UsageError("--row", f"{row} is none of the {entry.rows} records", "count from 0")
    surveyed, chunks = survey(shard_ref(shard, *files[shard]))
    digests: list[bytes] = []
    for span in surveyed.spans if chunks == entry.chunks else ():
        for batch in read_span(surveyed, span, chunks):
            digests += record_digests(batch)
    rows = Levels(digests)
    if rows.root.hex() != entry.row_root:
        raise IntegrityError(shard, "is not as it was sealed", "look with `provender verify`")
    leaves = [leaf_hash(canonical_json(e.leaf())) for e in entries]
    return Proof(
        digests[row],
        row,
        rows.path(row),
        entry.leaf(),
        index,
        Levels(leaves).path(index),
    )


def read_proof(path: Path) -> Proof:
    """Return the proof in a file.

    Raises:
        BrokenTrustError: when it is none.
        InputError: when it cannot be read.
    """
    data = read_document(path, _MAX_BYTES)
    with told_as(BreachKind.PROOF, "the proof", str(path)):
        return parse_proof(data)


def proof_breaches(path: Path, statement: SealStatement, record: Path | None) -> list[Breach]:
    """Return why a proof does not show that a record is among the data of a seal that counts.

    Args:
        record: a file with the record alone, in any format that is read; without it, the proof
            is of a digest.

    Raises:
        InputError: when a file cannot be read, or holds another number of records than one.
    """
    try:
        proof = read_proof(path)
        shards = statement.summary["shards"]
        if proof.root(shards["count"]) != shards["root"]:
            return [Breach(BreachKind.PROOF, "the proof leads to other data")]
    except BrokenTrustError as error:
        return list(error.breaches)
    except ValueError as error:
        return [Breach(BreachKind.PROOF, f"the proof does not hold ({error})")]
    if record is not None and _digest_of(record) != proof.record:
        return [Breach(BreachKind.PROOF, "the proof is of another record")]
    return []


def _digest_of(path: Path) -> bytes:
    [(name, where)] = named_files([str(path)]).items()
    surveyed, chunks = survey(shard_ref(name, *where))
    digests: list[bytes] = []
    for span in surveyed.spans:
        for batch in read_span(surveyed, span, chunks):
            digests += record_digests(batch)
    if len(digests) != 1:
        raise InputError(str(path), f"holds {len(digests)} records", "put one record in it")
    return digests[0]
