"""What a training run was handed, chunk by chunk, and how that compares with a manifest.

An in-toto statement about the sealed manifest; the predicate's schema is
docs/schemas/training-receipt.schema.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from provender.core.canonical import canonical_json
from provender.core.entries import ShardEntry
from provender.core.fields import fields, hex_digest, sha256_digest
from provender.core.manifest import Manifest
from provender.core.statement import parse_statement, statement

RECEIPT_PREDICATE = "urn:provender:training-receipt/v0.1"
MAX_RECEIPT_BYTES = 2**28
_MAX_VALUES = 20_000_000
_DIGEST_BYTES = 32

#: Half-open intervals of chunks, ascending, apart from each other.
Chunks = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ShardRead:
    """The chunks of one shard that were handed out.

    Attributes:
        chunk_root: hex root over the chunks of the shard that was read.
    """

    name: str
    chunk_root: str
    chunks: Chunks


@dataclass(frozen=True)
class Receipt:
    """What was read, and under which seal.

    Attributes:
        manifest_sha256: hex digest of the sealed manifest's bytes.
        seal: ``sha256:<hex>`` of the payload of the seal.
        series, sequence: the seal's.
        shards: those of which a chunk was read, sorted by name.
    """

    manifest_sha256: str
    seal: str
    series: str
    sequence: int
    shards: tuple[ShardRead, ...]

    def payload(self) -> bytes:
        """Return the statement's bytes: canonical JSON."""
        predicate = {
            "seal": self.seal,
            "series": self.series,
            "sequence": self.sequence,
            "shards": [
                {"name": s.name, "chunk_root": s.chunk_root, "chunks": [list(c) for c in s.chunks]}
                for s in self.shards
            ],
        }
        return canonical_json(statement(self.manifest_sha256, RECEIPT_PREDICATE, predicate))


@dataclass(frozen=True)
class Comparison:
    """A receipt beside a manifest; names are sorted.

    Attributes:
        whole: shards all of whose chunks were read.
        partial: shard → chunks that were not.
        unread: shards of which nothing was.
        unsealed: what was read and is not in the manifest, under this name with these bytes.
    """

    whole: tuple[str, ...]
    partial: Mapping[str, Chunks]
    unread: tuple[str, ...]
    unsealed: tuple[str, ...]


def parse_receipt(payload: bytes) -> Receipt:
    """Read it back.

    Raises:
        AlgorithmError: when a digest is by another algorithm than SHA-256.
        InputError, ValueError: when it is no such statement.
    """
    about, predicate_type, said = parse_statement(payload, MAX_RECEIPT_BYTES, _MAX_VALUES)
    if predicate_type != RECEIPT_PREDICATE:
        raise ValueError(f"predicateType is not {RECEIPT_PREDICATE!r}")
    fields(said, seal=str, series=str, sequence=int, shards=list)
    shards = tuple(_shard(value) for value in said["shards"])
    if any(a.name >= b.name for a, b in pairwise(shards)):
        raise ValueError("shards are not sorted, or named twice")
    seal = sha256_digest(said["seal"])
    return Receipt(about, seal, said["series"], said["sequence"], shards)


def compare(receipt: Receipt, manifest: Manifest) -> Comparison:
    """Hold what was read against the shards of a manifest, of the same seal or of another.

    Raises:
        ValueError: when chunks were read that the shard does not have.
    """
    entries = {entry.name: entry for entry in manifest.shards}
    read: dict[str, Chunks] = {}
    unsealed = []
    for shard in receipt.shards:
        entry = entries.get(shard.name)
        if entry is None or entry.chunk_root != shard.chunk_root:
            unsealed.append(shard.name)
        elif shard.chunks[-1][1] > _count(entry):
            raise ValueError(f"{shard.name[:200]!r} has no chunk {shard.chunks[-1][1] - 1}")
        else:
            read[shard.name] = shard.chunks
    # An empty shard has nothing that could be read.
    left = {e.name: _left(read.get(e.name, ()), _count(e)) for e in manifest.shards}
    return Comparison(
        tuple(name for name, chunks in left.items() if not chunks),
        {name: chunks for name, chunks in left.items() if chunks and name in read},
        tuple(name for name, chunks in left.items() if chunks and name not in read),
        tuple(unsealed),
    )


def intervals(chunks: Iterable[int]) -> Chunks:
    """Return chunk numbers as intervals."""
    found: list[tuple[int, int]] = []
    for chunk in sorted(set(chunks)):
        if found and found[-1][1] == chunk:
            found[-1] = (found[-1][0], chunk + 1)
        else:
            found.append((chunk, chunk + 1))
    return tuple(found)


def _left(chunks: Chunks, count: int) -> Chunks:
    edges = [0, *(edge for interval in chunks for edge in interval), count]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((start, stop) for start, stop in pairs if start < stop)


def _count(entry: ShardEntry) -> int:
    return len(entry.chunks) // _DIGEST_BYTES


def _shard(value: Any) -> ShardRead:
    fields(value, name=str, chunk_root=str, chunks=list)
    chunks = []
    end = -1
    for pair in value["chunks"]:
        match pair:
            case [start, stop] if type(start) is type(stop) is int and end < start < stop:
                chunks.append((start, stop))
                end = stop
            case _:
                raise ValueError("chunks are not ascending intervals")
    if not chunks:
        raise ValueError("a shard of which nothing was read")
    return ShardRead(value["name"], hex_digest(value["chunk_root"]), tuple(chunks))
