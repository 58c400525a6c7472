"""Second read: of every example, the rows that nothing flags whose words are most like its own.

Likeness is the cosine of the sets of words, weighed by `Queries`. It is computed in whole numbers
until the last division, so it does not depend on how a text came to be in a batch.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.digest import sha256_hex
from provender.stats.census import as_text
from provender.stats.grams import Words, words_of
from provender.stats.packing import pack, unpack
from provender.work.explaining.words import Queries, buckets_of

#: Rows that are kept of each example.
NEAREST = 3
#: Characters of a text that are shown.
EXCERPT = 240
#: Likeness 1 as a whole number.
ONE = 1_000_000
#: Numbers that are in memory at a time while texts are compared.
_CELLS = 1 << 21
_SCHEMA = pa.schema(
    [
        ("example", pa.int64()),
        ("row", pa.int64()),
        ("likeness", pa.int64()),
        ("label", pa.large_string()),
        ("text", pa.large_string()),
    ]
)


@dataclass
class NearState:
    """Attributes:
    rows: rows seen after ``first_row``, the shard's rows before the state.
    found: as `_SCHEMA`; rows are counted from the start of the state.
    """

    first_row: int
    rows: int
    found: pa.Table


@dataclass(frozen=True)
class Nearest:
    """Compares every row with every example.

    Attributes:
        label: the column of labels; None for none.
        shown: columns that may be shown.
        made_from: digest of ``queries``.
        flagged: int64, ascending, rows of the shard that are no clean neighbours; None to merge.
    """

    compared: str
    label: str | None
    shown: tuple[str, ...]
    queries: Queries
    made_from: str
    flagged: np.ndarray | None = None
    id: str = "explain/nearest"
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        flagged = None if self.flagged is None else sha256_hex(self.flagged.tobytes())
        return {
            "compared": self.compared,
            "label": self.label,
            "shown": list(self.shown),
            "queries": self.made_from,
            "flagged": flagged,
        }

    def columns(self) -> tuple[str, ...]:
        named = (self.compared, *self.shown, *([self.label] if self.label else ()))
        return tuple(dict.fromkeys(named))

    def empty(self, first_row: int = 0) -> NearState:
        return NearState(first_row, 0, _SCHEMA.empty_table())

    def add(self, state: NearState, batch: pa.RecordBatch) -> NearState:
        words = words_of(batch[self.compared])
        clean = np.ones(batch.num_rows, bool)
        if self.flagged is not None:
            start = state.first_row + state.rows
            low, high = np.searchsorted(self.flagged, (start, start + batch.num_rows))
            clean[self.flagged[low:high] - start] = False
        example, row, likeness = self._compared(words, clean)
        chosen = pa.array(row)
        label = pa.nulls(len(row), pa.large_string())
        if self.label:
            label = as_text(batch[self.label].take(chosen))
        found = pa.table(
            [example, row + state.rows, likeness, label, self._excerpts(batch, chosen)],
            schema=_SCHEMA,
        )
        state.found = _best(pa.concat_tables([state.found, found]))
        state.rows += batch.num_rows
        return state

    @cached_property
    def _tables(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return words (w,) ascending, their weight in each example (w, examples), and lengths."""
        own = list(self.queries.words.values())
        words = np.unique(np.concatenate([np.zeros(0, np.uint64), *own]))
        weight = self.queries.weight[buckets_of(words)]
        table = np.zeros((len(words), len(own)), np.int32)  # 256 words of 2^20 at most fit
        for i, mine in enumerate(own):
            place = np.searchsorted(words, mine)
            table[place, i] = weight[place]
        return words, table, table.sum(axis=0, dtype=np.int64)

    def _compared(
        self, words: Words, clean: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (example, row, likeness) of the rows most like each example."""
        known, table, sizes = self._tables
        numbers = np.array(list(self.queries.words), np.int64)
        parts = [(np.zeros(0, np.int64),) * 3]
        if not len(known):
            return parts[0]
        text, code = words.distinct()
        weight = self.queries.weight[buckets_of(words.vocabulary_hashes)][code]
        length = np.bincount(text, weight, words.rows)  # exact: sums of integers below 2^53
        place = np.searchsorted(known, words.vocabulary_hashes)
        place[place == len(known)] = 0
        place[known[place] != words.vocabulary_hashes] = -1
        place = place[code]
        hit = (place >= 0) & clean[text]
        text, place = text[hit], place[hit]
        step = max(_CELLS // table.shape[1], 1)
        cuts = [*range(0, len(text), step), len(text)]
        # A text must not be cut in two.
        cuts = sorted({int(np.searchsorted(text, text[c])) if c < len(text) else c for c in cuts})
        for low, high in itertools.pairwise(cuts):
            rows, first = np.unique(text[low:high], return_index=True)
            shared = np.add.reduceat(table[place[low:high]], first, axis=0)
            both = np.sqrt(length[rows])[:, None] * np.sqrt(sizes)
            likeness = np.rint(ONE * np.minimum(shared / both, 1.0)).astype(np.int64)
            # Ties go to the first row.
            keys = likeness * len(rows) - np.arange(len(rows))[:, None]
            most = min(NEAREST, len(rows))
            best = np.argpartition(-keys, most - 1, axis=0)[:most]
            example = np.broadcast_to(np.arange(len(numbers)), best.shape)
            found = likeness[best, example]
            some = found > 0
            parts.append((numbers[example[some]], rows[best[some]], found[some]))
        example, row, likeness = (np.concatenate(part) for part in zip(*parts, strict=True))
        kept = _order(example, row, likeness)
        return example[kept], row[kept], likeness[kept]

    def _excerpts(self, batch: pa.RecordBatch, rows: pa.Array) -> pa.Array:
        if not self.shown:
            return pa.nulls(len(rows), pa.large_string())
        columns = [as_text(batch[name].take(rows)).to_pylist() for name in self.shown]
        texts = [
            " ⏎ ".join((value or "")[:EXCERPT] for value in values)
            for values in zip(*columns, strict=True)
        ]
        return pa.array(texts, pa.large_string())

    def merge(self, states: Sequence[NearState]) -> NearState:
        tables, rows = [], 0
        for state in states:
            shifted = pa.array(state.found["row"].to_numpy() + rows)
            tables.append(state.found.set_column(1, "row", shifted))
            rows += state.rows
        return NearState(states[0].first_row, rows, _best(pa.concat_tables(tables)))

    def pack(self, state: NearState) -> bytes:
        arrays = {name: state.found[name] for name in _SCHEMA.names}
        return pack(self.id, {"rows": state.rows}, arrays)

    def unpack(self, data: bytes) -> NearState:
        meta, arrays = unpack(self.id, data)
        columns = [
            arrays[name].cast(kind) for name, kind in zip(_SCHEMA.names, _SCHEMA.types, strict=True)
        ]
        return NearState(0, meta["rows"], pa.table(columns, schema=_SCHEMA))


def _order(example: np.ndarray, row: np.ndarray, likeness: np.ndarray) -> np.ndarray:
    """Return the places of the rows to keep: of every example the most alike, then the first."""
    order = np.lexsort((row, -likeness, example))
    one = example[order]
    return np.asarray(order[np.arange(len(one)) - np.searchsorted(one, one) < NEAREST])


def _best(found: pa.Table) -> pa.Table:
    kept = _order(*(found[name].to_numpy() for name in ("example", "row", "likeness")))
    return found.take(pa.array(kept)).combine_chunks()
