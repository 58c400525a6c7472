"""Row identity of a shard as a mergeable statistic: ordered root and multiset in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from provender.core.merkle import CompactRange
from provender.identity.encoding import RECORD_ENCODING
from provender.identity.multiset import LANES, MULTISET_HASH, Multiset
from provender.identity.records import record_digests
from provender.stats.packing import pack, unpack

_KIND = "identity/1"


@dataclass(frozen=True)
class RowIdentity:
    """Records so far: their tree (positions are absolute in the shard) and their sum."""

    tree: CompactRange
    multiset: Multiset


@dataclass(frozen=True)
class IdentityAnalysis:
    """Digests every column of every record; states of one shard's pieces merge."""

    id: str = "identity"
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        return {"record": RECORD_ENCODING, "multiset": MULTISET_HASH}

    def columns(self) -> None:
        return None

    def empty(self, first_row: int = 0) -> RowIdentity:
        return RowIdentity(CompactRange(first_row, first_row), Multiset.empty())

    def add(self, state: RowIdentity, batch: pa.RecordBatch) -> RowIdentity:
        digests = record_digests(batch)
        leaves = CompactRange.of_leaves(state.tree.end, digests)
        return RowIdentity(state.tree.merge(leaves), state.multiset + Multiset.of(digests))

    def merge(self, states: Sequence[RowIdentity]) -> RowIdentity:
        first, *rest = states
        tree, multiset = first.tree, first.multiset
        for state in rest:
            tree = tree.merge(state.tree)
            multiset = multiset + state.multiset
        return RowIdentity(tree, multiset)

    def pack(self, state: RowIdentity) -> bytes:
        tree = state.tree
        meta = {
            "begin": tree.begin,
            "end": tree.end,
            "count": state.multiset.count,
            "nodes": [[level, digest.hex()] for level, digest in tree.nodes],
        }
        return pack(_KIND, meta, {"lanes": state.multiset.lanes})

    def unpack(self, data: bytes) -> RowIdentity:
        meta, arrays = unpack(_KIND, data)
        nodes = tuple((level, bytes.fromhex(digest)) for level, digest in meta["nodes"])
        lanes = arrays["lanes"]
        if lanes.shape != (LANES,) or meta["end"] - meta["begin"] != meta["count"]:
            raise ValueError("not an identity state")
        return RowIdentity(
            CompactRange(meta["begin"], meta["end"], nodes), Multiset(lanes, meta["count"])
        )
