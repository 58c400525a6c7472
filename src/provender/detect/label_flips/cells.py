"""Round 1 of text/label-flips: rows by label, rival and margin; and what contributors differ by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.label_conflict.model import UNIT, Columns, Labelled, Model
from provender.detect.label_conflict.words import MOST_CLASSES
from provender.detect.label_flips.depths import depths, leads_of
from provender.detect.label_flips.noise import BINS, REACH, STEPS, Cells
from provender.stats.census import as_text
from provender.stats.gram_table import Counts, Growing
from provender.stats.packing import pack, unpack

#: With more sources, or annotators, than this none is tested.
MOST_NAMES = 10_000
#: From this bin on the rival wins ...
WINS = BINS // 2
#: ... and from this one on content speaks for a class at most a unit of margin less than for the
#: label: so far down rows are compared by contributor. Of three units no more sources were found.
NEAR = WINS - STEPS
#: ... and from this one on it speaks strongly for a class, whatever it says of the label: so little
#: that fewer rows are kept than are near.
STRONG = WINS + STEPS // 2
#: Cells below 0 hold all rows of a name: -1 - number of the label, and each `OF` lower, of the
#: class that they read like most, and of those that they nearly do.
OF = MOST_CLASSES
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
        strength: int64 (rows,), bin of how much more than usual it speaks for the rival.
    """

    usable: np.ndarray
    label: np.ndarray
    rival: np.ndarray
    bin: np.ndarray
    among: np.ndarray
    speaks: np.ndarray
    strength: np.ndarray

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
        among = (scores > own[:, None]).sum(axis=1) < 2
        bin = _binned(scores[rows, rival] - own)
        strength = _binned(scores[rows, rival] - model.prior[rival])
        return Leaning(documents.usable, label, rival, bin, among, speaks, strength)

    @property
    def keys(self) -> np.ndarray:
        """int64 (rows,): label, rival, bin and `among` as one number."""
        return _keys(self.label, self.rival, self.among.astype(np.int64), self.bin)

    @property
    def first(self) -> np.ndarray:
        """int64 (rows,), the class that content speaks for most."""
        return np.asarray(self.speaks.argmax(axis=1))

    def near(self, classes: Any = slice(None)) -> np.ndarray:
        """Return bool (rows, ...): whether content speaks for classes nearly as for `first`."""
        most = self.speaks.max(axis=1)
        behind = (most - self.speaks[:, classes].T).T
        return np.asarray(behind <= (WINS - NEAR) / STEPS)

    @property
    def strong(self) -> np.ndarray:
        """bool (rows,): content speaks strongly for the rival, one of two or more."""
        return np.asarray((self.strength >= STRONG) & (self.speaks.shape[1] > 2))

    def bins(self, classes: Any = slice(None)) -> np.ndarray:
        """Return int64 (rows, ...): bins of the margins of classes, given as an index."""
        own = self.speaks[np.arange(len(self.label)), self.label]
        return _binned((self.speaks[:, classes].T - own).T)

    def compared(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (row, key) of what contributors are compared by: int64 (n,) each.

        Of a usable row, its rival where that wins; of three classes or more, every class that
        content speaks for nearly as much as for the label, or more: where ten rows of one class
        have moved, what they read like most is often a third. The key is as in `keys`, but for
        `among`: its first bit tells whether the class is the row's rival, and wins; its second
        whether it is `near`. Of three classes or more, a row whose content speaks strongly for
        the rival is there once more, with the third bit and the bin of `strength`.
        """
        bins, first = self.bins(), np.zeros(self.speaks.shape, bool)
        rows = np.arange(len(self.label))
        first[rows, self.rival] = self.bin >= WINS
        near = bins >= NEAR if self.speaks.shape[1] > 2 else first.copy()
        near[rows, self.label] = False
        row, other = np.nonzero(near & self.usable[:, None])
        flags = first[row, other] + 2 * self.near()[row, other]
        keys = _keys(self.label[row], other, flags, bins[row, other])
        strong = np.flatnonzero(self.strong & self.usable)
        beside = _keys(self.label[strong], self.rival[strong], 4, self.strength[strong])
        return np.append(row, strong), np.append(keys, beside)


def _binned(margin: np.ndarray) -> np.ndarray:
    binned = np.clip(np.floor((margin + REACH) * STEPS), 0, BINS - 1)
    return np.asarray(binned.astype(np.int64))


def _keys(
    label: np.ndarray, rival: np.ndarray, flags: np.ndarray | int, bin: np.ndarray
) -> np.ndarray:
    return np.asarray(((label << 8 | rival) << 3 | flags) * BINS + bin)


def parts_of(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return label, rival, bin and flags, int64 each, of `Leaning.keys` or `compared`."""
    classes, bin = keys // BINS, keys % BINS
    return classes >> 11, classes >> 3 & 255, bin, classes & 7


@dataclass
class CellState:
    """Counts; ``model`` is the analysis's own: it rides along for the profile, not packed.

    Attributes:
        cells: rows, and their weight in UNITs, by `Leaning.keys`.
        leads: weight in UNITs by how far rows lean to their label, as `leads_of`.
        contributors: 'source' or 'annotator' → weight by name and cell, as `Leaning.compared` has
            them, and below 0 as `OF` says. Sorted. None once there are too many names.
    """

    model: Model
    cells: Growing
    leads: Growing
    contributors: dict[str, pa.Table | None]

    def table(self) -> Cells:
        """Return the counts of cells."""
        total = self.cells.total()
        label, rival, bin, flags = parts_of(total.keys.astype(np.int64))
        rows, weight = total.values[:, 0], total.values[:, 1] / UNIT
        return Cells(label, rival, bin, flags.astype(bool), rows, weight)

    def depths(self) -> np.ndarray:
        """Return float64 (classes, classes), see `depths`."""
        return depths(self.leads.total(), len(self.model.classes))


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
    version: int = 6

    def parameters(self) -> dict[str, Any]:
        return {**vars(self.read), **dict(self.contributors), "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        beside = (column for _, column in self.contributors)
        return tuple(dict.fromkeys((*self.read.names(), *beside)))

    def empty(self, first_row: int = 0) -> CellState:  # noqa: ARG002
        cells, leads = Growing(Counts.none(2)), Growing(Counts.none(1))
        return CellState(self.model, cells, leads, self._tables())

    def add(self, state: CellState, batch: pa.RecordBatch) -> CellState:
        if not self.model.classes:
            return state
        found = {role: [table] for role, table in state.contributors.items() if table is not None}
        for documents, names in self._slices(batch):
            leaning, weight = Leaning.of(self.model, documents), self.model.shares(documents)
            usable, keys = leaning.usable, leaning.keys
            values = np.stack([np.ones_like(weight), weight], axis=1)
            state.cells.add(Counts.of(keys[usable].astype(np.uint64), values[usable]))
            label, speaks = leaning.label[usable], leaning.speaks[usable]
            state.leads.add(leads_of(label, speaks, weight[usable]))
            for role, tables in found.items():
                tables.append(weights_of(leaning, names[role], weight))
        state.contributors |= {role: added(tables) for role, tables in found.items()}
        return state

    def merge(self, states: Sequence[CellState]) -> CellState:
        whole = self.empty()
        for state in states:
            whole.cells.add(state.cells.total())
            whole.leads.add(state.leads.total())
        for role in whole.contributors:
            every = [state.contributors[role] for state in states]
            tables = [table for table in every if table is not None]
            if len(tables) < len(every):
                whole.contributors[role] = None
            elif tables:
                whole.contributors[role] = added(tables)
        return whole

    def pack(self, state: CellState) -> bytes:
        arrays: dict[str, Any] = {}
        for table, of in ((state.cells, "cells"), (state.leads, "leads")):
            arrays |= {f"{of} keys": table.total().keys, f"{of} values": table.total().values}
        for role, names in state.contributors.items():
            if names is not None:
                arrays |= {f"{role} {column}": names[column] for column in _NAMES.names}
        too_many = [role for role, table in state.contributors.items() if table is None]
        return pack(self.id, {"too_many": too_many}, arrays)

    def unpack(self, data: bytes) -> CellState:
        meta, arrays = unpack(self.id, data)
        found: dict[str, pa.Table | None] = dict.fromkeys(dict(self.contributors))
        for role in found.keys() - set(meta["too_many"]):
            found[role] = pa.table({name: arrays[f"{role} {name}"] for name in _NAMES.names})
        cells, leads = (
            Growing(Counts(arrays[f"{of} keys"], arrays[f"{of} values"]))
            for of in ("cells", "leads")
        )
        return CellState(self.model, cells, leads, found)

    def _tables(self) -> dict[str, pa.Table | None]:
        return {role: _NAMES.empty_table() for role, _ in self.contributors}

    def _slices(self, batch: pa.RecordBatch) -> Iterator[tuple[Labelled, dict[str, pa.Array]]]:
        every = {role: as_text(batch[column]) for role, column in self.contributors}
        return with_names(self.read.slices(batch, self.model.classes), every)


def with_names(
    slices: Iterable[Labelled], names: Mapping[str, pa.Array]
) -> Iterator[tuple[Labelled, dict[str, pa.Array]]]:
    """Yield each slice of a batch with its part of the batch's ``names``, by role."""
    first = 0
    for documents in slices:
        rows = documents.words.rows
        yield documents, {role: every.slice(first, rows) for role, every in names.items()}
        first += rows


def weights_of(leaning: Leaning, names: pa.Array, weight: np.ndarray) -> pa.Table:
    """Return what a slice adds to `CellState.contributors`: rows that have a name, by cell.

    Args:
        names: large_string (rows,).
        weight: int64 (rows,), in UNITs.
    """
    known = leaning.usable & names.is_valid().to_numpy(zero_copy_only=False)
    row, key = leaning.compared()
    own, row, key = np.flatnonzero(known), row[known[row]], key[known[row]]
    near, other = np.nonzero(leaning.near() & known[:, None])
    below = (leaning.label[own], OF + leaning.first[own], 2 * OF + other)
    cell = np.concatenate((-1 - np.concatenate(below), key))
    place = np.concatenate((own, own, near, row))
    return pa.table([names.take(pa.array(place)), pa.array(cell), pa.array(weight[place])], _NAMES)


def added(tables: Sequence[pa.Table]) -> pa.Table | None:
    """Return the sum of tables of weights, sorted; None where it has too many names."""
    keys = ["name", "cell"]
    grouped = pa.concat_tables(tables).group_by(keys, use_threads=False)
    total = grouped.aggregate([("weight", "sum")]).rename_columns(_NAMES.names)
    if pc.count_distinct(total["name"]).as_py() > MOST_NAMES:
        return None
    return total.sort_by([(key, "ascending") for key in keys])
