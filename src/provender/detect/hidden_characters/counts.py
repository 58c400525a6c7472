"""How many rows hold each kind of hidden text, and each of its patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from provender.detect.hidden_characters.kinds import KINDS
from provender.detect.hidden_characters.search import Hits, search
from provender.stats.packing import pack, unpack

_KIND = "hidden-counts/1"


@dataclass(frozen=True)
class Counts:
    """A mergeable count.

    Attributes:
        total: rows in all.
        kinds: int64 (len(KINDS),), rows that hold the kind.
        pattern: uint64 (n,), ascending hashes of patterns, kind included: the lowest there are,
            so that what is kept does not depend on the order of pieces.
        kind: int64 (n,), of each pattern.
        rows: int64 (n,), rows that hold it.
        text: large_string (n,), the pattern itself.
        sampled: whether there were more patterns than are kept.
    """

    total: int
    kinds: np.ndarray
    pattern: np.ndarray
    kind: np.ndarray
    rows: np.ndarray
    text: pa.Array
    sampled: bool = False


@dataclass(frozen=True)
class HiddenCounts:
    """The analysis: one regular expression over each cell, a closer look at the few it picks.

    Attributes:
        texts: columns of strings.
        most: patterns kept.
    """

    id: str
    texts: tuple[str, ...]
    most: int
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        return {"texts": list(self.texts), "most": self.most}

    def columns(self) -> tuple[str, ...]:
        return self.texts

    def empty(self, first_row: int = 0) -> Counts:  # noqa: ARG002
        none = np.zeros(0, np.int64)
        text = pa.array([], pa.large_string())
        kinds = np.zeros(len(KINDS), np.int64)
        return Counts(0, kinds, none.astype(np.uint64), none, none, text)

    def add(self, state: Counts, batch: pa.RecordBatch) -> Counts:
        found = [search(batch.column(name)) for name in self.texts]
        pieces = [replace(state, total=state.total + batch.num_rows)]
        row = np.concatenate([hits.row for hits in found])
        if len(row):
            kind = np.concatenate([hits.kind for hits in found])
            pattern = np.concatenate([hits.pattern for hits in found])
            text = pa.concat_arrays([hits.text for hits in found])
            pieces.append(_counted(Hits(row, kind, pattern, text)))
        return self.merge(pieces)

    def merge(self, states: Sequence[Counts]) -> Counts:
        pattern = np.concatenate([state.pattern for state in states])
        distinct, first, place = np.unique(pattern, return_index=True, return_inverse=True)
        rows = np.zeros(len(distinct), np.int64)
        np.add.at(rows, place, np.concatenate([state.rows for state in states]))
        kept = first[: self.most]
        return Counts(
            sum(state.total for state in states),
            np.sum([state.kinds for state in states], axis=0),
            distinct[: self.most],
            np.concatenate([state.kind for state in states])[kept],
            rows[: self.most],
            pa.concat_arrays([state.text for state in states]).take(pa.array(kept)),
            len(distinct) > self.most or any(state.sampled for state in states),
        )

    def pack(self, state: Counts) -> bytes:
        arrays = {
            "kinds": state.kinds,
            "pattern": state.pattern,
            "kind": state.kind,
            "rows": state.rows,
            "text": state.text,
        }
        return pack(_KIND, {"total": state.total, "sampled": state.sampled}, arrays)

    def unpack(self, data: bytes) -> Counts:
        meta, a = unpack(_KIND, data)
        columns = a["kinds"], a["pattern"], a["kind"], a["rows"], a["text"]
        return Counts(meta["total"], *columns, sampled=meta["sampled"])


def _counted(hits: Hits) -> Counts:
    """Count each row once for each kind and each pattern."""
    of_kind = np.unique(np.stack([hits.row, hits.kind], axis=1), axis=0)[:, 1]
    order = np.lexsort((hits.row, hits.pattern))
    pattern, row = hits.pattern[order], hits.row[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (pattern[1:] != pattern[:-1]) | (row[1:] != row[:-1])
    distinct, first, rows = np.unique(pattern[fresh], return_index=True, return_counts=True)
    place = order[fresh][first]
    return Counts(
        0,
        np.bincount(of_kind, minlength=len(KINDS)).astype(np.int64),
        distinct,
        hits.kind[place],
        rows.astype(np.int64),
        hits.text.take(pa.array(place)),
    )
