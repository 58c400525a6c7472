"""Parquet: row groups are the pieces; batches stream out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from provender.core.shard import Span
from provender.errors import InputError
from provender.io.failures import HEAD_BYTES, looks_like
from provender.io.formats import RECORD_BYTES, Limits, Source, packed_spans

# A batch's cells may refer to one large dictionary value each: the most that may come of it.
_DECODED_BYTES = 64 * 2**20
# A row group is held whole while it is read, unless it is larger than this and buffers are less.
_HELD_BYTES = 64 * 2**20
_BUFFER_BYTES = 2**20
_PEEK_BUFFER_BYTES = 2**16
_MEND = "restore the file from its source or write it again"


def inspect(source: Source, span_bytes: int) -> tuple[pa.Schema, list[Span]]:
    """Read the footer; its row counts are held against the pages when they are read."""
    _check_magic(source)
    file = _open(source)
    metadata = file.metadata
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    rows = [group.num_rows for group in groups]
    if min(rows, default=0) < 0 or sum(rows) != metadata.num_rows:
        raise InputError(
            source.name, f"the footer says {metadata.num_rows} rows, its row groups {rows}", _MEND
        )
    for group in groups:  # as of text: one record, and with it the page it lies in, is bounded
        if group.total_byte_size > RECORD_BYTES * max(group.num_rows, 1):
            cause = f"its records are longer than {RECORD_BYTES >> 20} MiB"
            raise InputError(source.name, cause, "split them")
    # Stored bytes per group would need a look at every column of every group.
    sizes = [max(group.total_byte_size, 0) for group in groups]
    scale = source.file.size / max(sum(sizes), 1)
    return file.schema_arrow, packed_spans(rows, [s * scale for s in sizes], span_bytes)


def batches(
    source: Source, span: Span, schema: pa.Schema, columns: Sequence[str], limits: Limits
) -> Iterator[pa.RecordBatch]:
    """Stream the span's row groups; page checksums are verified where the writer left some."""
    metadata = _open(source).metadata
    held = source.file.size // max(metadata.num_row_groups, 1)
    in_buffers = held > _HELD_BYTES and len(columns) * _BUFFER_BYTES < held
    file = _open(source, metadata=metadata, buffer_size=_BUFFER_BYTES if in_buffers else 0)
    types = dict(zip(schema.names, schema.types, strict=True))
    texts = [name for name in columns if _is_bytes(types[name])]
    peek = _open(source, metadata=metadata, read_dictionary=texts, buffer_size=_PEEK_BUFFER_BYTES)
    for index in range(span.start, span.stop):
        group = metadata.row_group(index)
        rows = _batch_rows(group, _widest_cells(peek, index, texts) if texts else 0, limits)
        seen = 0
        # Records without any column still count: a zero-column read gives only their number.
        for batch in file.iter_batches(
            rows, row_groups=[index], columns=list(columns), use_threads=False
        ):
            seen += batch.num_rows
            yield batch
        if seen != group.num_rows:
            cause = f"row group {index} holds {seen} rows, the footer says {group.num_rows}"
            raise InputError(source.name, cause, _MEND)


def _open(source: Source, **options: Any) -> pq.ParquetFile:
    return pq.ParquetFile(
        pa.PythonFile(source.file, mode="r"),
        pre_buffer=False,
        page_checksum_verification=True,
        **options,
    )


def _check_magic(source: Source) -> None:
    source.file.seek(0)
    head = source.file.read(HEAD_BYTES)
    source.file.seek(max(source.file.size - 4, 0))
    tail = source.file.read(4)
    if not head:
        raise InputError(source.name, "is an empty file", "remove it or write it again")
    if head[:4] == b"PARE" or tail == b"PARE":
        raise InputError(source.name, "is encrypted Parquet", "decrypt it first")
    if head[:4] != b"PAR1":
        kind = looks_like(head)
        cause = "is not Parquet" + (f" but {kind}" if kind else "")
        raise InputError(source.name, cause, "name the file by what it is")
    if tail != b"PAR1" or source.file.size < 12:
        raise InputError(source.name, "is cut short: the Parquet footer is missing", _MEND)


def _batch_rows(group: Any, widest: int, limits: Limits) -> int:
    """Return how many rows a batch of a row group may have, so that memory stays bounded."""
    count = max(int(group.num_rows), 1)
    width = max(int(group.total_byte_size) // count, 1)
    rows = min(limits.rows, count, max(limits.bytes // width, 1))
    return min(rows, max(_DECODED_BYTES // max(widest, 1), 1))


def _widest_cells(peek: pq.ParquetFile, index: int, texts: list[str]) -> int:
    """Return the bytes that a row can take at most out of the row group's dictionaries.

    One megabyte in a dictionary page and two bytes per row decode to terabytes, and the footer
    does not say so. Reading one row is enough to see the dictionaries.
    """
    widest = 0
    for batch in peek.iter_batches(1, row_groups=[index], columns=texts, use_threads=False):
        for column in batch.columns:
            if pa.types.is_dictionary(column.type) and len(column.dictionary):
                widest += pc.max(pc.binary_length(column.dictionary)).as_py() or 0
        break
    return widest


def _is_bytes(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_binary(type_)
        or pa.types.is_large_binary(type_)
    )
