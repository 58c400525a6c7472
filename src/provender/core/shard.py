"""What a shard is before anything of it was read, and the pieces it may be read in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShardRef:
    """One file of a data set.

    Attributes:
        name: POSIX path relative to the data set's root; the shard's identity in every result.
        uri: where every worker can read it (any fsspec address).
        size: bytes stored.
        format: 'parquet', 'arrow', 'jsonl' or 'csv'.
        compression: 'gzip', 'zstd' or None (of the whole file; codecs inside Parquet are its own).
        partition: Hive-style (column, value) pairs read off the folder names, as strings.
    """

    name: str
    uri: str
    size: int
    format: str
    compression: str | None = None
    partition: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a shard that can be read by itself.

    Attributes:
        index: the piece's place among the shard's pieces, from 0.
        start, stop: half-open interval of row groups (Parquet), record batches (Arrow) or
            bytes (CSV, JSONL); (0, -1) where the format can be read only as a whole.
        first_row: number of the shard's records before this piece.
        rows: number of records in this piece; -1 where only reading tells.
    """

    index: int
    start: int
    stop: int
    first_row: int
    rows: int


@dataclass(frozen=True, slots=True)
class SurveyedShard:
    """A shard whose bytes were read once: what they hash to, how they read, where they split.

    Attributes:
        sha256: hex digest of the file's bytes.
        chunk_root: hex RFC 6962 root over the file's chunks.
        schema: (column, Arrow type as text) in file order, partition columns last.
        schema_ipc: the Arrow schema, serialised by Arrow IPC.
        spans: the pieces, in order, covering every record once.
    """

    ref: ShardRef
    sha256: str
    chunk_root: str
    schema: tuple[tuple[str, str], ...]
    schema_ipc: bytes
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class ShardFailure:
    """A shard that could not be read: carried as a result, so that the others still count."""

    name: str
    cause: str
    mend: str
    exit_code: int = 2


@dataclass(frozen=True)
class Roles:
    """Which column plays which part; None where the data set has no such column."""

    label: str | None = None
    text: str | None = None
    prompt: str | None = None
    response: str | None = None
    embedding: str | None = None
    image: str | None = None
    source: str | None = None
    annotator: str | None = None
    key: str | None = None

    def given(self) -> dict[str, str]:
        """Return the roles that have a column, in declaration order."""
        return {name: column for name, column in vars(self).items() if column is not None}

    def contributors(self) -> dict[str, str]:
        """Return the columns that tell whom a record is from: column by role, 'source' first."""
        return {role: c for role, c in self.given().items() if role in ("source", "annotator")}
