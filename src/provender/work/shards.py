"""Surveyed shards in the store, page by page: what a task points into."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from sys import intern
from typing import Any

import pyarrow as pa

from provender.core.canonical import compact_json
from provender.core.shard import ShardRef, Span, SurveyedShard
from provender.io.states import StateStore

#: Neighbouring shards that lie on one page.
SHARDS_ON_A_PAGE = 64


def store_shards(shards: Sequence[SurveyedShard], store: StateStore) -> str:
    """Store a page of shards and return its name; equal schemas are written once."""
    schemas: dict[str, int] = {}
    written = []
    for shard in shards:
        held = schemas.setdefault(shard.schema_ipc.hex(), len(schemas))
        written.append({**asdict(shard), "schema": None, "schema_ipc": held})
    return store.put_content("shards", compact_json({"schemas": list(schemas), "of": written}))


@lru_cache(maxsize=8)
def load_shards(name: str, store: StateStore) -> tuple[SurveyedShard, ...]:
    """Return the shards of a page; equal schemas are one object."""
    value = json.loads(store.require(name))
    return tuple(_shard(one, *_schema(value["schemas"][one["schema_ipc"]])) for one in value["of"])


@lru_cache(maxsize=64)
def _schema(packed: str) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Return (column, type) pairs and the bytes of a schema, once for all shards that share it."""
    data = bytes.fromhex(packed)
    schema = pa.ipc.read_schema(pa.py_buffer(data))
    return tuple((f.name, str(f.type)) for f in schema), data


def _shard(
    value: dict[str, Any], columns: tuple[tuple[str, str], ...], schema_ipc: bytes
) -> SurveyedShard:
    partition = tuple((n, v) for n, v in value["ref"]["partition"])
    # The manifest's entry holds the same strings: 100,000 shards need not hold them twice.
    name = intern(value["ref"]["name"])
    ref = ShardRef(**{**value["ref"], "name": name, "partition": partition})
    spans = tuple(Span(**span) for span in value["spans"])
    return SurveyedShard(
        ref, intern(value["sha256"]), intern(value["chunk_root"]), columns, schema_ipc, spans
    )
