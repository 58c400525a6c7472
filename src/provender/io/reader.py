"""Shards as verified record batches: one pass to survey a shard, then any piece of it alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Final

import pyarrow as pa

from provender.core.shard import ShardRef, Span, SurveyedShard
from provender.errors import InputError
from provender.io import arrow, csv, jsonl, parquet
from provender.io.chunks import ByteDigests, VerifiedFile, hash_stream
from provender.io.failures import plain_failures
from provender.io.formats import Format, Limits, Source, pieces
from provender.io.storage import open_raw

_FORMATS: Final[dict[str, Format]] = {
    "parquet": parquet,
    "arrow": arrow,
    "jsonl": jsonl,
    "csv": csv,
}
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


Layout = tuple[pa.Schema, list[Span]]


def survey(
    ref: ShardRef,
    span_bytes: int = 64 * 2**20,
    recall: Callable[[ByteDigests], Layout | None] = lambda _: None,
) -> tuple[SurveyedShard, bytes]:
    """Hash a shard's bytes, then read its schema and find the pieces it can be read in.

    Args:
        ref: the shard.
        span_bytes: stored bytes wanted per piece.
        recall: gives the schema and pieces found when the same bytes were surveyed before, so
            that a text file is not parsed again to learn its types; None where unknown.

    Returns:
        The survey, and the chunks' leaf hashes (32 bytes each) that ``read_span`` verifies with.

    Raises:
        InputError: when the file cannot be read, is not of its format or names a column twice.
        IntegrityError: when its bytes change between hashing and reading.
    """
    with closing(open_raw(ref.uri, ref.name)) as raw:
        with plain_failures(ref.name):
            digests = hash_stream(raw)
        if digests.size != ref.size:
            cause = f"was {ref.size} bytes when listed and {digests.size} when read"
            raise InputError(ref.name, cause, "wait until its writer has finished")
        layout = recall(digests)
        if layout is None:
            file = VerifiedFile(raw, digests.size, digests.chunks, ref.name)
            with plain_failures(ref.name, file):
                schema, spans = _FORMATS[ref.format].inspect(
                    Source(ref.name, file, ref.compression), span_bytes
                )
                layout = _with_partition(ref, schema), spans or [Span(0, 0, 0, 0, 0)]
    with plain_failures(ref.name):
        schema, spans = layout
        shard = SurveyedShard(
            ref,
            digests.sha256,
            digests.chunk_root,
            tuple((field.name, str(field.type)) for field in schema),
            schema.serialize().to_pybytes(),
            tuple(spans),
        )
    return shard, digests.chunks


def schema_of(shard: SurveyedShard) -> pa.Schema:
    """Return the shard's own schema: the file's columns, then the partition columns."""
    return _schema(shard.schema_ipc)


@lru_cache(maxsize=64)
def _schema(packed: bytes) -> pa.Schema:
    """Shards mostly share a schema, and 100,000 copies of one are a lot of memory."""
    return pa.ipc.read_schema(pa.py_buffer(packed))


def read_span(
    shard: SurveyedShard,
    span: Span,
    chunks: bytes,
    columns: Sequence[str] | None = None,
    batch_rows: int = 16384,
    batch_bytes: int = 32 * 2**20,
) -> Iterator[pa.RecordBatch]:
    """Yield a piece's records in file order, from bytes checked against ``chunks``.

    Args:
        shard: what ``survey`` returned.
        span: one of its pieces.
        chunks: the leaf hashes that ``survey`` returned.
        columns: columns to read, in this order; None for all.
        batch_rows: most rows per batch.
        batch_bytes: bytes per batch, unless one record alone is larger.

    Raises:
        InputError: when the data cannot be decoded, or a column does not exist.
        IntegrityError: when a chunk is not the one that was surveyed.
    """
    ref, schema = shard.ref, schema_of(shard)
    fields = {field.name: field for field in schema}
    wanted = list(fields if columns is None else columns)
    for name in wanted:
        if name not in fields:
            raise InputError(ref.name, f"has no column {name!r}", _columns_it_has(schema))
    result = pa.schema([fields[name] for name in wanted])
    partition = dict(ref.partition)
    limits = Limits(batch_rows, batch_bytes)
    file_schema = pa.schema([field for name, field in fields.items() if name not in partition])
    # Where no column of the file is wanted, its first one tells how many records there are.
    file_columns = [n for n in wanted if n not in partition] or file_schema.names[:1]
    with closing(open_raw(ref.uri, ref.name)) as raw:
        seen = 0
        file = VerifiedFile(raw, ref.size, chunks, ref.name)
        with plain_failures(ref.name, file):
            for batch in _FORMATS[ref.format].batches(
                Source(ref.name, file, ref.compression), span, file_schema, file_columns, limits
            ):
                # Files are not trusted: offsets and UTF-8 are checked before anyone follows them.
                batch.validate(full=True)
                for piece in pieces(batch, limits):
                    seen += piece.num_rows
                    yield _complete(piece, result, partition)
        if span.rows >= 0 and seen != span.rows:
            cause = f"piece {span.index} gave {seen} records where {span.rows} were surveyed"
            raise InputError(ref.name, cause, "survey the data again")


def _complete(
    batch: pa.RecordBatch, schema: pa.Schema, partition: dict[str, str]
) -> pa.RecordBatch:
    """Pick the columns of ``schema`` in order; a partition column is constant."""
    at = {name: index for index, name in enumerate(batch.schema.names)}
    arrays = []
    for name in schema.names:
        if name in partition:
            value = None if partition[name] == _NULL_PARTITION else partition[name]
            arrays.append(pa.repeat(pa.scalar(value, pa.string()), batch.num_rows))
        else:
            arrays.append(batch.column(at[name]))
    return pa.RecordBatch.from_arrays(arrays, schema=schema) if arrays else batch.select([])


def _with_partition(ref: ShardRef, schema: pa.Schema) -> pa.Schema:
    names = schema.names
    name, times = Counter(names).most_common(1)[0] if names else ("", 0)
    if times > 1:
        raise InputError(ref.name, f"has the column {name!r} {times} times", "rename all but one")
    for name, _ in ref.partition:
        if name in names:
            cause = f"column {name!r} stands in the file and in the folder's name"
            raise InputError(ref.name, cause, "drop it from the file or rename the folder")
    fields = [pa.field(field.name, field.type) for field in schema]
    return pa.schema(fields + [pa.field(name, pa.string()) for name, _ in ref.partition])


def _columns_it_has(schema: pa.Schema) -> str:
    names = ", ".join(schema.names[:20])
    return f"its columns are {names}" + (" ..." if len(schema.names) > 20 else "")
