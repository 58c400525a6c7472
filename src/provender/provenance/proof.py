"""Proofs that a record is among sealed data: made from the data, checked without them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provender.core.audit_path import Levels
from provender.core.breach import Breach, BreachKind, told_as
from provender.core.canonical import canonical_json
from provender.core.inclusion import Proof, parse_document, proof_of
from provender.core.manifest import Manifest, ShardEntry
from provender.core.merkle import leaf_hash
from provender.core.receipt import RECEIPT_VERSION, Receipt, receipt_of
from provender.core.shard import ShardRef
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


def read_proof(path: Path) -> Proof | Receipt:
    """Return the proof, or the receipt of a removed record, in a file.

    Raises:
        BrokenTrustError: when it is neither.
        InputError: when it cannot be read.
    """
    data = read_document(path, _MAX_BYTES)
    with told_as(BreachKind.PROOF, "the proof", str(path)):
        value = parse_document(data)
        return receipt_of(value) if value["version"] == RECEIPT_VERSION else proof_of(value)


def proof_breaches(
    found: Proof | Receipt,
    statement: SealStatement,
    before: SealStatement | None,
    record: Path | None,
) -> list[Breach]:
    """Return why a proof does not show that a record is among the data of a seal that counts.

    A receipt shows that it was among those of the seal before, and that this one removed it.

    Args:
        before: of a receipt: what the seal before says.
        record: a file with the record alone, in any format that is read; without it, the proof
            is of a digest.

    Raises:
        InputError: when a file cannot be read, or holds another number of records than one.
    """
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
    if record is not None and _digest_of(record) != proof.record:
        return [Breach(BreachKind.PROOF, "the proof is of another record")]
    return []


def read_digests(ref: ShardRef, entry: ShardEntry | None = None) -> list[bytes]:
    """Return the leaf hashes of a shard's records, in file order.

    Memory: some 70 bytes for each record.

    Args:
        entry: what its bytes must be; records of others are not decoded.

    Raises:
        InputError: when it cannot be read.
        IntegrityError: when its bytes are not those of ``entry``, or change meanwhile.
    """
    surveyed, chunks = survey(ref)
    if entry is not None and chunks != entry.chunks:
        raise _changed(ref.name)
    digests: list[bytes] = []
    for span in surveyed.spans:
        for batch in read_span(surveyed, span, chunks):
            digests += record_digests(batch)
    return digests


def _changed(shard: str) -> IntegrityError:
    return IntegrityError(shard, "is not as it was sealed", "look with `provender verify`")


def _digest_of(path: Path) -> bytes:
    [(name, where)] = named_files([str(path)]).items()
    digests = read_digests(shard_ref(name, *where))
    if len(digests) != 1:
        raise InputError(str(path), f"holds {len(digests)} records", "put one record in it")
    return digests[0]
