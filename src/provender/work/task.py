"""What is handed to a worker, how it travels, and how what is computed of it is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from provender.core.digest import sha256_hex
from provender.core.shard import Span, SurveyedShard
from provender.io.chunks import CHUNK_BYTES, CHUNK_HASH
from provender.io.states import StateStore, state_name
from provender.stats.analysis import Analysis, analysis_key
from provender.work.shards import load_shards

#: Raised when the layout of stored states changes as a whole.
STATE_SCHEMA = 1


#: A task as it travels: the page of shards, the shard's place on it, the piece's place in the
#: shard, then ``index``, ``shard_index`` and ``first_row``.
TaskRef = tuple[str, int, int, int, int, int]


@dataclass(frozen=True)
class SpanTask:
    """One piece of one shard; ``index`` is its place in the canonical order of all pieces.

    Attributes:
        index: place among all pieces of all shards, shards sorted by name.
        shard_index: place of the shard.
        first_row: records of the data set before this piece.
        ref: the task as it travels.
    """

    index: int
    shard_index: int
    first_row: int
    shard: SurveyedShard
    span: Span
    ref: TaskRef


def load_task(ref: TaskRef, store: StateStore) -> SpanTask:
    """Return the task that ``ref`` names."""
    page, place, piece, index, shard_index, first_row = ref
    shard = load_shards(page, store)[place]
    return SpanTask(index, shard_index, first_row, shard, shard.spans[piece], ref)


def content_of(task: SpanTask) -> list[Any]:
    """Return what identifies the piece's records: bytes, how they are read, and which part."""
    shard, span = task.shard, task.span
    return [
        shard.sha256,
        shard.ref.format,
        shard.ref.compression or "",
        [list(pair) for pair in shard.ref.partition],
        span.start,
        span.stop,
    ]


def schema_digest(schema: pa.Schema, columns: tuple[str, ...] | None) -> str:
    """Return the digest of the columns an analysis is given (types as unified over all shards)."""
    names = schema.names if columns is None else list(columns)
    return sha256_hex(bytes(pa.schema([schema.field(n) for n in names]).serialize()))


def span_state_name(analysis: Analysis[Any], task: SpanTask, schema: pa.Schema | None) -> str:
    """Return the store name of an analysis' state for a piece.

    ``schema`` is None for analyses that see the shard's own types.
    """
    seen = schema_digest(schema, analysis.columns()) if schema is not None else ""
    return state_name("span", STATE_SCHEMA, analysis_key(analysis), content_of(task), seen)


def chunks_name(sha256: str) -> str:
    """Return the store name of the chunk digests of a file with that SHA-256."""
    return state_name("chunks", CHUNK_HASH, CHUNK_BYTES, sha256)


def load_chunks(store: StateStore, shard: SurveyedShard) -> bytes:
    """Return the chunk digests that the survey stored for ``shard``."""
    return store.require(chunks_name(shard.sha256))
