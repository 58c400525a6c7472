"""The analysis under both detectors of equal records: one key per row, by content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.identity.encoding import RECORD_ENCODING
from provender.identity.records import record_digests
from provender.stats import secret
from provender.stats.cell_hash import (
    byte_runs,
    cell_hashes,
    is_list,
    lengths,
    mix,
)
from provender.stats.keyed_rows import (
    NO_KEYS,
    KeyedRows,
    Keys,
    bucket_counts,
    counter_width,
    merge_keyed,
    pack_keyed,
    unpack_keyed,
)
from provender.stats.spaced_words import spaced, word_hashes


@dataclass(frozen=True)
class RecordKeys:
    """Keys of records: 112 bits of the record's SHA-256 digest, 16 bits of size.

    The size is the number of words and list elements in the record's longer cells, at most
    65,535; it depends on content alone, so equal records still have equal keys.

    Attributes:
        id: the analysis' name.
        content: the columns that make the record.
        texts: those of them that are free text, counted by words.
        running: those of them whose cells are counted piece by piece: texts, lists, binary.
        label: the label column; None where rows need no tag. Rows without a label or without
            text are then left out.
        folded: compare texts with case and white space folded.
        least: words or elements from which a cell counts as long. Short answers follow fashions
            of their own, not the frequencies of words, so shorter cells tell nothing.
    """

    id: str
    content: tuple[str, ...]
    texts: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    label: str | None = None
    folded: bool = False
    least: int = 8
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        return {
            "record": RECORD_ENCODING,
            "content": list(self.content),
            "texts": list(self.texts),
            "running": list(self.running),
            "label": self.label,
            "folded": self.folded,
            "least": self.least,
        }

    def columns(self) -> tuple[str, ...]:
        return self.content if self.label is None else (*self.content, self.label)

    def empty(self, first_row: int = 0) -> KeyedRows:  # noqa: ARG002
        # A counter for each column's cells, and one for the records without that column.
        counters = 2 * len(self.content)
        return KeyedRows(0, 0, (), np.zeros((counters, counter_width(counters)), np.int64))

    def add(self, state: KeyedRows, batch: pa.RecordBatch) -> KeyedRows:
        return merge_keyed([state, self._of(batch)])

    def merge(self, states: Sequence[KeyedRows]) -> KeyedRows:
        return merge_keyed(states)

    def pack(self, state: KeyedRows) -> bytes:
        return pack_keyed(state)

    def unpack(self, data: bytes) -> KeyedRows:
        return unpack_keyed(data)

    def _of(self, batch: pa.RecordBatch) -> KeyedRows:
        total = batch.num_rows
        if not total:
            return self.empty()
        rows, tags = np.arange(total), NO_KEYS.tags
        if self.label is not None:
            rows = np.flatnonzero(self._judgeable(batch))
            if len(rows) < total:
                batch = batch.take(pa.array(rows))
            tags = (cell_hashes(batch.column(self.label)) >> np.uint64(32)).astype(np.uint32)
        batch = batch.select(list(self.content))
        sizes, counts = self._measure(batch)
        keys = _keys(self._fold(batch) if self.folded else batch, sizes)
        return KeyedRows(total, total - len(rows), (Keys(rows, keys, tags),), counts)

    def _judgeable(self, batch: pa.RecordBatch) -> np.ndarray:
        masks = [batch.column(n).is_valid() for n in (self.label, *self.texts)]
        return np.asarray(np.all([np.asarray(m) for m in masks], axis=0))

    def _fold(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [
            _joined(batch.column(n)) if n in self.texts else batch.column(n) for n in self.content
        ]
        return pa.RecordBatch.from_arrays(columns, names=list(self.content))

    def _measure(self, batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray]:
        """Return (int64 (rows,) sizes, int64 (counters, width) bucket counts)."""
        sizes = np.zeros(batch.num_rows, np.int64)
        counts = self.empty().counts
        own, rests = np.split(counts, 2)
        width = counts.shape[1]
        plain: dict[int, np.ndarray] = {}
        for number, name in enumerate(self.content):
            column = batch.column(name)
            if name not in self.running:
                hashes = cell_hashes(column)
                own[number] = bucket_counts(hashes, width)
                plain[number] = mix(hashes + np.uint64(number))
                continue
            done = 0
            for hashes, pieces in _pieces(column, name in self.texts):
                long = pieces >= self.least
                own[number] += bucket_counts(hashes[np.repeat(long, pieces)], width)
                sizes[done : done + len(pieces)] += np.where(long, pieces, 0)
                done += len(pieces)
        every = sum(plain.values(), np.zeros(batch.num_rows, np.uint64))
        for number, hashes in plain.items():
            rests[number] = bucket_counts(mix(every - hashes), width)
        return sizes, counts


def _joined(text: pa.Array) -> pa.Array:
    space = pa.scalar(" ", pa.large_string())
    parts = [pc.binary_join(words.split, space) for words in spaced(text)]
    return pa.concat_arrays(parts) if parts else pa.array([], pa.large_string())


def _pieces(column: pa.Array, text: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (uint64 hashes of words, elements or bytes, int64 how many each cell has)."""
    if text:
        yield from word_hashes(column)
    elif is_list(column.type):
        yield cell_hashes(column.flatten()), lengths(column)
    else:
        values, counts = byte_runs(column)
        start = np.uint64(secret.number(b"provender.bytes/1", 0))
        yield mix(np.arange(256, dtype=np.uint64) + start)[values], counts


def _keys(batch: pa.RecordBatch, sizes: np.ndarray) -> np.ndarray:
    """Return uint64 (rows, 2)."""
    digests = np.frombuffer(b"".join(record_digests(batch)), ">u8").reshape(-1, 4)
    keys = digests[:, :2].astype(np.uint64)
    low = keys[:, 1] & ~np.uint64(0xFFFF)
    keys[:, 1] = low | np.minimum(sizes, 0xFFFF).astype(np.uint64)
    return keys
