"""A shard's manifest entry, merged from the identities of its pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provender import __version__
from provender.core.manifest import Manifest, ShardEntry
from provender.identity.analysis import IdentityAnalysis
from provender.identity.encoding import RECORD_ENCODING
from provender.identity.multiset import MULTISET_HASH, Multiset
from provender.io.chunks import CHUNK_BYTES, CHUNK_HASH
from provender.io.states import StateStore
from provender.work.analyse import Analysed
from provender.work.task import SpanTask, load_chunks, span_state_name

IDENTITY = IdentityAnalysis()


@dataclass(frozen=True)
class ShardIdentities:
    """Entries of a run of shards, and the sum of their records."""

    index: int
    entries: tuple[ShardEntry, ...]
    multiset: Multiset


def identities(
    block: tuple[int, tuple[tuple[SpanTask, ...], ...]],
    outcome: Sequence[Analysed],
    store: StateStore,
) -> ShardIdentities | None:
    """Return the manifest entries of a block of shards, each given by its pieces in order.

    None where a piece of the data set could not be read.
    """
    if any(o.failure for o in outcome):
        return None
    number, shards = block
    total = Multiset.empty()
    entries = []
    for tasks in shards:
        names = [span_state_name(IDENTITY, task, None) for task in tasks]
        state = IDENTITY.merge([IDENTITY.unpack(store.require(name)) for name in names])
        total = total + state.multiset
        shard = tasks[0].shard
        entries.append(
            ShardEntry(
                name=shard.ref.name,
                size=shard.ref.size,
                sha256=shard.sha256,
                chunk_root=shard.chunk_root,
                rows=state.multiset.count,
                row_root=state.tree.root().hex(),
                row_multiset=state.multiset.digest(),
                schema=shard.schema,
                chunks=load_chunks(store, shard),
            )
        )
    return ShardIdentities(number, tuple(entries), total)


def manifest_of(parts: Sequence[ShardIdentities]) -> Manifest:
    """Return the manifest of all shards."""
    ordered = sorted(parts, key=lambda part: part.index)
    total = Multiset.empty()
    for part in ordered:
        total = total + part.multiset
    entries = sorted((e for part in ordered for e in part.entries), key=lambda e: e.name)
    made = {
        "tool": f"provender {__version__}",
        "record": RECORD_ENCODING,
        "multiset": MULTISET_HASH,
        "tree": "RFC 6962, SHA-256",
        "chunk": CHUNK_HASH,
        "chunk_bytes": CHUNK_BYTES,
    }
    return Manifest(tuple(entries), total.count, total.digest(), made)
