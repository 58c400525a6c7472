"""The cells in which records of one key differ: rows of both sides are read again, part by part."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.core.record_changes import CellChange, ChangedRecord
from provender.identity.encoding import encode_rows
from provender.io.states import StateStore
from provender.report.wording import shortened
from provender.work.sides import Side, Wanted, places

_HELD_BYTES = 256 * 2**20
_MOST_PAIRS = 500_000
#: Decoded and encoded, rows take about that many times what is stored of them.
_GROWTH = 8
_LONGEST = 200


@dataclass
class ChangedCells:
    """Counts the changed cells of each column, and keeps the first changed records.

    Attributes:
        shards: for each side, the names that shard numbers in rows mean.
        pairs: pairs given so far.
        first: the first changed records by shard and row before.
    """

    sides: tuple[Side, Side]
    shards: tuple[Sequence[str], Sequence[str]]
    wanted: Wanted
    store: StateStore
    pairs: int = 0
    first: list[ChangedRecord] = field(default_factory=list)
    _columns: Counter[str] = field(default_factory=Counter)

    @property
    def most_pairs(self) -> int:
        """How many pairs ``add`` should be given at once, so that they fit in memory."""
        entries = [s for side in self.sides for s in side.manifest.shards]
        stored = sum(s.size for s in entries) // max(sum(s.rows for s in entries), 1)
        return max(min(_HELD_BYTES // (_GROWTH * max(stored, 1)), _MOST_PAIRS), 100)

    def columns(self) -> tuple[tuple[str, int], ...]:
        """Return (column, changed cells), most first."""
        return tuple(sorted(self._columns.items(), key=lambda item: (-item[1], item[0])))

    def add(self, before: np.ndarray, after: np.ndarray) -> None:
        """Compare aligned rows (`identity.difference.ROW`) of the two sides."""
        self.pairs += len(before)
        order = np.lexsort((before["row"], before["shard"]))
        before, after = before[order], after[order]
        told = min(len(before), self.wanted.most)
        old, new = (
            _read(side, names, rows, told if self.wanted.show_content else 0, self.store)
            for side, names, rows in zip(self.sides, self.shards, (before, after), strict=True)
        )
        changed: dict[str, np.ndarray] = {}
        for name in sorted({*old.cells, *new.cells}):
            differs = np.asarray(pc.not_equal(old.column(name), new.column(name)))
            changed[name] = differs[:told]
            if differs.any():
                self._columns[name] += int(differs.sum())
        both = zip(
            places(before[:told], self.shards[0]), places(after[:told], self.shards[1]), strict=True
        )
        for number, (one, other) in enumerate(both):
            cells = tuple(
                _change(name, old.values.get(number), new.values.get(number))
                for name, differs in changed.items()
                if differs[number]
            )
            own = old.values.get(number)
            key = tuple(_text(own.get(name)) for name in self.wanted.key) if own else ()
            self.first.append(ChangedRecord(one, other, cells, key))
        self.first.sort(key=lambda record: record.before)
        del self.first[self.wanted.most :]


@dataclass
class _Rows:
    """Some rows of one side, in the order asked for.

    Attributes:
        cells: column -> (places in that order, canonical cells as large_binary).
        values: place -> column -> the cell as it is, for the first rows.
    """

    count: int
    cells: dict[str, tuple[list[np.ndarray], list[pa.Array]]]
    values: dict[int, dict[str, pa.Scalar]]

    def column(self, name: str) -> pa.Array:
        """Return the column's canonical cells, large_binary (count,); '' is null or absent."""
        at, arrays = self.cells.get(name, ([], []))
        index = np.full(self.count, -1)
        if at:
            where = np.concatenate(at)
            index[where] = np.arange(len(where))
        found = pa.concat_arrays(arrays) if arrays else pa.array([], pa.large_binary())
        taken = found.take(pa.array(index, mask=index < 0))
        return pc.fill_null(taken, b"")


def _read(
    side: Side, shards: Sequence[str], rows: np.ndarray, told: int, store: StateStore
) -> _Rows:
    found = _Rows(len(rows), defaultdict(lambda: ([], [])), {})
    for number in np.unique(rows["shard"]):
        at = np.flatnonzero(rows["shard"] == number)
        at = at[np.argsort(rows["row"][at])]
        for which, batch in _taken(side, shards[number], rows["row"][at], store):
            for name in batch.schema.names:
                places_, arrays = found.cells[name]
                places_.append(at[which])
                arrays.append(encode_rows(batch.select([name])))
            for local in np.flatnonzero(at[which] < told):
                row = {n: batch.column(n)[int(local)] for n in batch.schema.names}
                found.values[int(at[which][local])] = row
    return found


def _taken(
    side: Side, shard: str, rows: np.ndarray, store: StateStore
) -> Iterator[tuple[slice, pa.RecordBatch]]:
    """Yield (which of ``rows``, the records): ``rows`` are numbers in the shard, ascending."""
    for piece in side.pieces(shard, store):
        first = piece.first_row
        if piece.rows >= 0 and not _within(rows, first, piece.rows):
            continue
        for batch in side.batches(shard, piece, store):
            which = slice(*np.searchsorted(rows, [first, first + batch.num_rows]))
            if which.stop > which.start:
                yield which, batch.take(pa.array(rows[which] - first))
            first += batch.num_rows


def _within(rows: np.ndarray, first: int, count: int) -> bool:
    low, high = np.searchsorted(rows, [first, first + count])
    return bool(high > low)


def _change(
    name: str, old: dict[str, pa.Scalar] | None, new: dict[str, pa.Scalar] | None
) -> CellChange:
    if old is None or new is None:
        return CellChange(name)
    one, other = old.get(name), new.get(name)
    texts = _text(one), _text(other)
    if one is not None and other is not None and texts[0] == texts[1]:
        return CellChange(name, f"{texts[0]} ({one.type})", f"{texts[1]} ({other.type})")
    return CellChange(name, *texts)


def _text(value: pa.Scalar | None) -> str | None:
    if value is None or not value.is_valid:
        return None
    try:
        return shortened(str(value.as_py()), _LONGEST)
    except (ValueError, OverflowError):  # a date beyond what Python's own types hold
        return f"{value.type} {value.value}"
