"""Round 1 of text/label-flips: rows by label, rival and margin; the same by contributor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.label_conflict.model import SLICE, UNIT, Columns, Labelled, Model
from provender.detect.label_flips.noise import BINS, REACH, STEPS, Cells
from provender.stats.census import as_text
from provender.stats.gram_table import Counts, Growing
from provender.stats.packing import pack, unpack

#: With more sources, or annotators, than this none is tested.
MOST_NAMES = 10_000
_NAMES = pa.schema([("name", pa.large_string()), ("cell", pa.int64()), ("weight", pa.int64())])


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
        contributors: 'source' or 'annotator' → weight by name and cell, of rows whose rival wins;
            under the cell -1 - label that of all rows of the label. Sorted. None once there are
            too many names.
    """

    model: Model
    cells: Growing
    contributors: dict[str, pa.Table | None]

    def table(self) -> Cells:
        """Return the counts of cells."""
        total = self.cells.total()
        label, rival, bin, among = parts_of(total.keys.astype(np.int64))
        return Cells(label, rival, bin, among, total.values[:, 0], total.values[:, 1] / UNIT)


@dataclass(frozen=True)
class CountCells:
    """The analysis.

    Attributes:
        contributors: (role, column) of those that are compared.
    """

    read: Columns
    contributors: tuple[tuple[str, str], ...]
    model: Model
    made_from: str
    id: str = "text/label-flips#1"
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        read = {"text": self.read.text, "label": self.read.label, **dict(self.contributors)}
        return {**read, "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        beside = (column for _, column in self.contributors)
        return tuple(dict.fromkeys((self.read.text, self.read.label, *beside)))

    def empty(self, first_row: int = 0) -> CellState:  # noqa: ARG002
        return CellState(self.model, Growing(Counts.none(2)), self._tables())

    def add(self, state: CellState, batch: pa.RecordBatch) -> CellState:
        if not self.model.classes:
            return state
        found = {role: [table] for role, table in state.contributors.items() if table is not None}
        for documents, names in self._slices(batch):
            leaning, weight = Leaning.of(self.model, documents), self.model.shares(documents)
            usable, keys = leaning.usable, leaning.keys
            values = np.stack([np.ones_like(weight), weight], axis=1)
            state.cells.add(Counts.of(keys[usable].astype(np.uint64), values[usable]))
            wins = usable & (leaning.bin >= BINS // 2)
            for role, tables in found.items():
                tables.append(_weights(names[role], -1 - leaning.label, weight, usable))
                tables.append(_weights(names[role], keys, weight, wins))
        state.contributors |= {role: _added(tables) for role, tables in found.items()}
        return state

    def merge(self, states: Sequence[CellState]) -> CellState:
        whole = self.empty()
        for state in states:
            whole.cells.add(state.cells.total())
        for role in whole.contributors:
            every = [state.contributors[role] for state in states]
            tables = [table for table in every if table is not None]
            if len(tables) < len(every):
                whole.contributors[role] = None
            elif tables:
                whole.contributors[role] = _added(tables)
        return whole

    def pack(self, state: CellState) -> bytes:
        total = state.cells.total()
        arrays: dict[str, Any] = {"keys": total.keys, "values": total.values}
        for role, table in state.contributors.items():
            if table is not None:
                arrays |= {f"{role} {column}": table[column] for column in _NAMES.names}
        too_many = [role for role, table in state.contributors.items() if table is None]
        return pack(self.id, {"too_many": too_many}, arrays)

    def unpack(self, data: bytes) -> CellState:
        meta, arrays = unpack(self.id, data)
        found: dict[str, pa.Table | None] = dict.fromkeys(dict(self.contributors))
        for role in found.keys() - set(meta["too_many"]):
            found[role] = pa.table({name: arrays[f"{role} {name}"] for name in _NAMES.names})
        return CellState(self.model, Growing(Counts(arrays["keys"], arrays["values"])), found)

    def _tables(self) -> dict[str, pa.Table | None]:
        return {role: _NAMES.empty_table() for role, _ in self.contributors}

    def _slices(self, batch: pa.RecordBatch) -> Iterator[tuple[Labelled, dict[str, pa.Array]]]:
        every = {role: as_text(batch[column]) for role, column in self.contributors}
        for number, documents in enumerate(self.read.slices(batch, self.model.classes)):
            own = {role: names.slice(number * SLICE, SLICE) for role, names in every.items()}
            yield documents, own


def _weights(names: pa.Array, cell: np.ndarray, weight: np.ndarray, chosen: np.ndarray) -> pa.Table:
    rows = pa.array(chosen & names.is_valid().to_numpy(zero_copy_only=False))
    table = pa.table([names, pa.array(cell), pa.array(weight)], schema=_NAMES)
    return table.filter(rows)


def _added(tables: Sequence[pa.Table]) -> pa.Table | None:
    """Return the sum of tables, sorted; None where it has too many names."""
    keys = ["name", "cell"]
    grouped = pa.concat_tables(tables).group_by(keys, use_threads=False)
    total = grouped.aggregate([("weight", "sum")]).rename_columns(_NAMES.names)
    if pc.count_distinct(total["name"]).as_py() > MOST_NAMES:
        return None
    return total.sort_by([(key, "ascending") for key in keys])
