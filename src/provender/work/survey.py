"""One shard's bytes are hashed; how it reads is looked up or found out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import pyarrow as pa

from provender.core.canonical import canonical_json
from provender.core.shard import ShardFailure, ShardRef, Span, SurveyedShard
from provender.errors import ProvenderError
from provender.io.chunks import ByteDigests
from provender.io.reader import Layout, survey
from provender.io.states import StateStore, state_name
from provender.work.analyse import failure_of
from provender.work.task import STATE_SCHEMA, chunks_name


@dataclass(frozen=True)
class Surveyed:
    """The outcome for one shard: what it is, or why it cannot be read."""

    shard: SurveyedShard | None
    bytes_read: int = 0
    failure: ShardFailure | None = None


def survey_shard(ref: ShardRef, store: StateStore, span_bytes: int, fresh: bool) -> Surveyed:
    """Survey a shard and store its chunk digests and its layout for later reads."""

    def name_of(digests: ByteDigests) -> str:
        partition = [list(pair) for pair in ref.partition]
        read_as = [ref.format, ref.compression or "", partition, span_bytes]
        return state_name("layout", STATE_SCHEMA, digests.sha256, read_as)

    def recall(digests: ByteDigests) -> Layout | None:
        stored = None if fresh else store.get(name_of(digests))
        return None if stored is None else _layout(stored)

    try:
        shard, chunks = survey(ref, span_bytes, recall)
        digests = ByteDigests(ref.size, shard.sha256, shard.chunk_root, chunks)
        store.put(chunks_name(shard.sha256), chunks)
        store.put(name_of(digests), _packed(shard))
        return Surveyed(shard, ref.size)
    except ProvenderError as error:
        return Surveyed(None, 0, failure_of(ref.name, error))


def _packed(shard: SurveyedShard) -> bytes:
    spans = [asdict(span) for span in shard.spans]
    return canonical_json({"schema": shard.schema_ipc.hex(), "spans": spans})


def _layout(data: bytes) -> Layout:
    value = json.loads(data)
    schema = pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(value["schema"])))
    return schema, [Span(**span) for span in value["spans"]]
