"""One shard's bytes are hashed; how it reads is looked up or found out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

import pyarrow as pa

from provender.core.canonical import compact_json
from provender.core.shard import ShardFailure, ShardRef, Span, SurveyedShard
from provender.errors import ProvenderError
from provender.io.chunks import ByteDigests
from provender.io.reader import Layout, survey
from provender.io.states import StateStore, state_name
from provender.work.analyse import failure_of
from provender.work.shards import load_shards, store_shards
from provender.work.task import STATE_SCHEMA, chunks_name
from provender.work.wire import message, some_failures


@message
@dataclass(frozen=True)
class Surveyed:
    """The outcome for one shard.

    Attributes:
        index: the shard's place among all, sorted by name.
        name: store name of what it is (a page of one shard); '' where it cannot be read.
    """

    index: int
    name: str
    bytes_read: int = 0
    failure: ShardFailure | None = None


@message
@dataclass(frozen=True)
class ShardPage:
    """Surveyed shards that are neighbours: a page of them in the store, or their failures."""

    number: int
    name: str
    failures: tuple[ShardFailure, ...] = ()


#: A shard as it travels before it is surveyed: its place, then the fields of `ShardRef`.
ListedShard = tuple[Any, ...]


def listed_shards(refs: Sequence[ShardRef]) -> list[ListedShard]:
    """Return what travels of ``refs``, which are sorted by name."""
    return [(index, *astuple(ref)) for index, ref in enumerate(refs)]


def shard_size(listed: ListedShard) -> int:
    """Return the bytes of a shard as it travels."""
    return int(listed[3])


def survey_shard(listed: ListedShard, store: StateStore, span_bytes: int, fresh: bool) -> Surveyed:
    """Survey a shard and store its chunk digests and its layout for later reads."""
    index, ref = listed[0], ShardRef(*listed[1:])

    def recall(digests: ByteDigests) -> Layout | None:
        return None if fresh else stored_layout(ref, digests.sha256, store, span_bytes)

    try:
        shard, chunks = survey(ref, span_bytes, recall)
        store.put(chunks_name(shard.sha256), chunks)
        store.put(_layout_name(ref, shard.sha256, span_bytes), _packed(shard))
        return Surveyed(index, store_shards([shard], store), ref.size)
    except ProvenderError as error:
        return Surveyed(index, "", 0, failure_of(ref.name, error))


def stored_layout(ref: ShardRef, sha256: str, store: StateStore, span_bytes: int) -> Layout | None:
    """Return how the bytes with that hash read, if they were surveyed before."""
    stored = store.get(_layout_name(ref, sha256, span_bytes))
    return None if stored is None else _layout(stored)


def keep_page(grouped: tuple[int, Sequence[Surveyed]], store: StateStore) -> ShardPage:
    """Store neighbouring shards as one page."""
    number, surveyed = grouped
    failures = some_failures(s.failure for s in surveyed if s.failure)
    if failures:
        return ShardPage(number, "", failures)
    shards = [load_shards(s.name, store)[0] for s in surveyed]
    return ShardPage(number, store_shards(shards, store))


def _layout_name(ref: ShardRef, sha256: str, span_bytes: int) -> str:
    partition = [list(pair) for pair in ref.partition]
    read_as = [ref.format, ref.compression or "", partition, span_bytes]
    return state_name("layout", STATE_SCHEMA, sha256, read_as)


def _packed(shard: SurveyedShard) -> bytes:
    spans = [asdict(span) for span in shard.spans]
    return compact_json({"schema": shard.schema_ipc.hex(), "spans": spans})


def _layout(data: bytes) -> Layout:
    value = json.loads(data)
    schema = pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(value["schema"])))
    return schema, [Span(**span) for span in value["spans"]]
