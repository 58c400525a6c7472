"""Proofs that a record is among sealed data: made from the data, checked without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from provender.core.absence import ABSENCE_VERSION, Absence, absence_of
from provender.core.audit_path import Levels
from provender.core.breach import Breach, BreachKind, told_as
from provender.core.canonical import canonical_json
from provender.core.entries import ShardEntry
from provender.core.inclusion import Proof, parse_document, proof_of
from provender.core.manifest import Manifest
from provender.core.merkle import leaf_hash
from provender.core.removal_receipt import RECEIPT_VERSION, Receipt, receipt_of
from provender.core.shard import ShardRef
from provender.core.statement import SealStatement
from provender.errors import InputError, IntegrityError, UsageError
from provender.identity.records import record_digests
from provender.io.discover import named_files, shard_ref
from provender.io.reader import read_span, survey
from provender.provenance.files import read_document
from provender.provenance.sealed import Sealed

_MAX_BYTES = 2**20

AnyProof: TypeAlias = Proof | Receipt | Absence


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
    digests = read_digests(shard_ref(shard, *files[shard]), entry)
    rows = Levels(digests)
    if rows.root.hex() != entry.row_root:
        raise _changed(shard)
    return proof_in(entry, rows, digests[row], row, index, shard_tree(sealed.manifest))


def shard_tree(manifest: Manifest) -> Levels:
    """Return the tree whose root is the manifest's."""
    return Levels([leaf_hash(canonical_json(entry.leaf())) for entry in manifest.shards])


def proof_in(
    entry: ShardEntry, rows: Levels, record: bytes, row: int, index: int, shards: Levels
) -> Proof:
    """Return the proof of one record, from the trees over its shard and over all shards."""
    return Proof(record, row, rows.path(row), entry.leaf(), index, shards.path(index))


def read_proof(path: Path) -> AnyProof:
    """Return the proof in a file: of a record, of its removal or of its absence.

    Raises:
        BrokenTrustError: when it is none.
        InputError: when it cannot be read.
    """
    data = read_document(path, _MAX_BYTES)
    with told_as(BreachKind.PROOF, "the proof", str(path)):
        value = parse_document(data)
        if value["version"] == RECEIPT_VERSION:
            return receipt_of(value)
        if value["version"] == ABSENCE_VERSION:
            return absence_of(value)
        return proof_of(value)


def proof_breaches(
    found: AnyProof,
    statement: SealStatement,
    before: SealStatement | None,
    record: Path | None,
) -> list[Breach]:
    """Return why a proof does not show that a record is among the data of a seal that counts.

    A receipt shows that it was among those of the seal before, and that this one removed it; a
    proof of absence, that it is not among them.

    Args:
        before: of a receipt: what the seal before says.
        record: a file with the record alone, in any format that is read; without it, the proof
            is of a digest.

    Raises:
        InputError: when a file cannot be read, or holds another number of records than one.
    """
    if record is not None and digest_of_file(record) != record_of(found):
        return [Breach(BreachKind.PROOF, "the proof is of another record")]
    if isinstance(found, Absence):
        return _absence_breaches(found, statement)
    proof, about = (found.was, before) if isinstance(found, Receipt) else (found, statement)
    if about is None:
        return [Breach(BreachKind.PROOF, "a receipt is checked against the seal before as well")]
    shards = about.summary["shards"]
    try:
        if proof.root(shards["count"]) != shards["root"]:
            return [Breach(BreachKind.PROOF, "the proof leads to other data")]
        if isinstance(found, Receipt):
            found.removal(statement.removed)
    except ValueError as error:
        return [Breach(BreachKind.PROOF, f"the proof does not hold ({error})")]
    return []


def record_of(found: AnyProof) -> bytes:
    """Return the leaf hash of the record that a proof is of."""
    return found.was.record if isinstance(found, Receipt) else found.record


def _absence_breaches(found: Absence, statement: SealStatement) -> list[Breach]:
    if statement.sorted_root is None:
        cause = "the seal was made without --provable-absence"
        return [Breach(BreachKind.PROOF, cause)]
    try:
        found.check(statement.sorted_root, statement.summary["shards"]["rows"])
    except ValueError as error:
        return [Breach(BreachKind.PROOF, f"the proof does not hold ({error})")]
    return []


def read_digests(ref: ShardRef, entry: ShardEntry | None = None) -> list[bytes]:
    """Return the leaf hashes of a shard's records, in file order: some 70 bytes each.

    Arguments and errors as `digest_batches`.
    """
    return [digest for batch in digest_batches(ref, entry) for digest in batch]


def digest_batches(ref: ShardRef, entry: ShardEntry | None = None) -> Iterator[list[bytes]]:
    """Yield the leaf hashes of a shard's records, in file order.

    Args:
        entry: what its bytes must be; records of others are not decoded.

    Raises:
        InputError: when it cannot be read.
        IntegrityError: when its bytes are not those of ``entry``, or change meanwhile.
    """
    surveyed, chunks = survey(ref)
    if entry is not None and chunks != entry.chunks:
        raise _changed(ref.name)
    for span in surveyed.spans:
        for batch in read_span(surveyed, span, chunks):
            yield record_digests(batch)


def _changed(shard: str) -> IntegrityError:
    return IntegrityError(shard, "is not as it was sealed", "look with `provender verify`")


def digest_of_file(path: Path) -> bytes:
    [(name, where)] = named_files([str(path)]).items()
    digests = read_digests(shard_ref(name, *where))
    if len(digests) != 1:
        raise InputError(str(path), f"holds {len(digests)} records", "put one record in it")
    return digests[0]
