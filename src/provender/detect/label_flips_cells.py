"""Round 1 of text/label-flips: rows by label, rival and margin; and which sources they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.label_conflict_model import SLICE, UNIT, Columns, Labelled, Model
from provender.detect.label_flips_noise import BINS, REACH, STEPS, Cells
from provender.stats.census import as_text
from provender.stats.gram_table import Counts, Growing
from provender.stats.packing import pack, unpack

#: With more sources than this none is tested.
MOST_SOURCES = 10_000
_SOURCES = pa.schema([("source", pa.large_string()), ("cell", pa.int64()), ("weight", pa.int64())])


@dataclass(frozen=True)
class Leaning:
    """What the content of a slice of documents says about their labels.

    Attributes:
        usable: bool (rows,), has a label and a word; the others mean nothing.
        label: int64 (rows,), number of the class.
        rival: int64 (rows,), the class, other than the label, that content speaks for most.
        bin: int64 (rows,), of the margin by which it speaks more for the rival than the label.
        among: bool (rows,), whether the label is among the two classes it speaks for most.
        speaks: float64 (rows, classes), how content speaks for each class (`Model.scores`).
    """

    usable: np.ndarray
    label: np.ndarray
    rival: np.ndarray
    bin: np.ndarray
    among: np.ndarray
    speaks: np.ndarray

    @staticmethod
    def of(model: Model, documents: Labelled) -> Leaning:
        """Judge each document by the counts of the folds it is not in."""
        evidence = model.evidence(documents)
        speaks = model.scores(evidence.total, evidence.size)
        scores = speaks.copy()
        rows = np.arange(len(scores))
        label = np.maximum(documents.label, 0)
        own = scores[rows, label]
        scores[rows, label] = -np.inf
        rival = scores.argmax(axis=1)
        margin = scores[rows, rival] - own
        among = (scores > own[:, None]).sum(axis=1) < 2
        bin = np.clip(np.floor((margin + REACH) * STEPS), 0, BINS - 1).astype(np.int64)
        return Leaning(documents.usable, label, rival, bin, among, speaks)

    @property
    def keys(self) -> np.ndarray:
        """int64 (rows,): label, rival, bin and `among` as one number."""
        return np.asarray(((self.label << 6 | self.rival) << 1 | self.among) * BINS + self.bin)


def parts_of(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return label, rival, bin (int64) and among (bool) of `Leaning.keys`."""
    classes, bin = keys // BINS, keys % BINS
    return classes >> 7, classes >> 1 & 63, bin, (classes & 1).astype(bool)


@dataclass
class CellState:
    """Counts; ``model`` is the analysis's own: it rides along for the profile, not packed.

    Attributes:
        cells: rows, and their weight in UNITs, by `Leaning.keys`.
        sources: weight by source and cell, of rows whose rival wins; under the cell -1 - label
            that of all rows of the label. Sorted. None once there are too many sources.
    """

    model: Model
    cells: Growing
    sources: pa.Table | None

    def table(self) -> Cells:
        """Return the counts of cells."""
        total = self.cells.total()
        label, rival, bin, among = parts_of(total.keys.astype(np.int64))
        return Cells(label, rival, bin, among, total.values[:, 0], total.values[:, 1] / UNIT)


@dataclass(frozen=True)
class CountCells:
    """The analysis."""

    read: Columns
    source: str | None
    model: Model
    made_from: str
    id: str = "text/label-flips#1"
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        read = {"text": self.read.text, "label": self.read.label, "source": self.source}
        return {**read, "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return (self.read.text, self.read.label, *((self.source,) if self.source else ()))

    def empty(self, first_row: int = 0) -> CellState:  # noqa: ARG002
        return CellState(self.model, Growing(Counts.none(2)), _SOURCES.empty_table())

    def add(self, state: CellState, batch: pa.RecordBatch) -> CellState:
        if not self.model.classes:
            return state
        found = [] if state.sources is None else [state.sources]
        for documents, source in self._slices(batch):
            leaning, weight = Leaning.of(self.model, documents), self.model.shares(documents)
            usable, keys = leaning.usable, leaning.keys
            values = np.stack([np.ones_like(weight), weight], axis=1)
            state.cells.add(Counts.of(keys[usable].astype(np.uint64), values[usable]))
            if source is not None and state.sources is not None:
                wins = usable & (leaning.bin >= BINS // 2)
                found.append(_weights(source, -1 - leaning.label, weight, usable))
                found.append(_weights(source, keys, weight, wins))
        if found:
            state.sources = _added(found)
        return state

    def merge(self, states: Sequence[CellState]) -> CellState:
        whole = self.empty()
        for state in states:
            whole.cells.add(state.cells.total())
        tables = [state.sources for state in states if state.sources is not None]
        whole.sources = _added(tables) if len(tables) == len(states) else None
        return whole

    def pack(self, state: CellState) -> bytes:
        total = state.cells.total()
        arrays: dict[str, Any] = {"keys": total.keys, "values": total.values}
        if state.sources is not None:
            arrays |= {name: state.sources[name] for name in _SOURCES.names}
        return pack(self.id, {"too_many": state.sources is None}, arrays)

    def unpack(self, data: bytes) -> CellState:
        meta, arrays = unpack(self.id, data)
        sources = None if meta["too_many"] else pa.table({n: arrays[n] for n in _SOURCES.names})
        return CellState(self.model, Growing(Counts(arrays["keys"], arrays["values"])), sources)

    def _slices(self, batch: pa.RecordBatch) -> Iterator[tuple[Labelled, pa.Array | None]]:
        source = as_text(batch[self.source]) if self.source else None
        for number, documents in enumerate(self.read.slices(batch, self.model.classes)):
            yield documents, None if source is None else source.slice(number * SLICE, SLICE)


def _weights(
    source: pa.Array, cell: np.ndarray, weight: np.ndarray, chosen: np.ndarray
) -> pa.Table:
    rows = pa.array(chosen & source.is_valid().to_numpy(zero_copy_only=False))
    table = pa.table([source, pa.array(cell), pa.array(weight)], schema=_SOURCES)
    return table.filter(rows)


def _added(tables: Sequence[pa.Table]) -> pa.Table | None:
    """Return the sum of tables of sources, sorted; None where it has too many sources."""
    keys = ["source", "cell"]
    grouped = pa.concat_tables(tables).group_by(keys, use_threads=False)
    total = grouped.aggregate([("weight", "sum")]).rename_columns(_SOURCES.names)
    if pc.count_distinct(total["source"]).as_py() > MOST_SOURCES:
        return None
    return total.sort_by([(key, "ascending") for key in keys])
