"""What a format must do, and the bounds every format keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from provender.core.shard import Span
from provender.io.chunks import VerifiedFile

RECORD_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Source:
    """An open shard: its name, its verified bytes and the compression of the whole file."""

    name: str
    file: VerifiedFile
    compression: str | None = None


@dataclass(frozen=True)
class Limits:
    """The most a record batch holds; one record beyond ``bytes`` still makes a batch."""

    rows: int = 16384
    bytes: int = 32 * 2**20


class Format(Protocol):
    """One file format; each module beside this one that is named after a format is one."""

    def inspect(self, source: Source, span_bytes: int) -> tuple[pa.Schema, list[Span]]:
        """Return the file's schema and its pieces of about ``span_bytes`` stored bytes.

        Raises:
            InputError: when the file is not of the format.
        """

    def batches(
        self,
        source: Source,
        span: Span,
        schema: pa.Schema,
        columns: Sequence[str],
        limits: Limits,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the span's records with at least ``columns`` of the file's ``schema``."""


def packed_spans(rows: Sequence[int], weights: Sequence[float], span_bytes: int) -> list[Span]:
    """Group consecutive units (row groups, record batches) into spans of about ``span_bytes``.

    Args:
        rows: records per unit.
        weights: stored bytes per unit.
    """
    spans: list[Span] = []
    start, first_row, weight = 0, 0, 0.0
    for unit, unit_weight in enumerate(weights):
        if unit > start and weight + unit_weight > span_bytes:
            count = sum(rows[start:unit])
            spans.append(Span(len(spans), start, unit, first_row, count))
            start, first_row, weight = unit, first_row + count, 0.0
        weight += unit_weight
    if start < len(rows):
        spans.append(Span(len(spans), start, len(rows), first_row, sum(rows[start:])))
    return spans


def pieces(batch: pa.RecordBatch, limits: Limits) -> Iterator[pa.RecordBatch]:
    """Cut ``batch`` into batches within ``limits``; a dictionary counts by its decoded values."""
    rows = batch.num_rows
    size = batch.nbytes
    if any(map(pa.types.is_dictionary, batch.schema.types)):
        size = sum(_decoded_bytes(column) for column in batch.columns)
    step = min(limits.rows, max(1, rows * limits.bytes // max(size, 1)))
    for start in range(0, rows, step):
        yield batch.slice(start, step)


def _decoded_bytes(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type) or not len(column.dictionary):
        return int(column.nbytes)
    values = column.dictionary
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return int(column.nbytes) + len(column) * int(values.nbytes) // len(values)
    import pyarrow.compute as pc

    lengths = pc.binary_length(values).take(column.indices)
    return int(column.nbytes) + (pc.sum(lengths).as_py() or 0)
