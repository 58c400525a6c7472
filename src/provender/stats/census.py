"""How many records each class and each source has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from provender.stats.packing import pack, unpack

_KIND = "census/1"


def as_text(column: pa.Array) -> pa.Array:
    """Return values as large_string, null where they are null, NaN or of a nested type."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_nested(column.type):
        return pa.nulls(len(column), pa.large_string())
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        # Labels of bytes are rare; hex is the one reading that cannot fail.
        return pa.array(
            [None if v is None else v.hex() for v in column.to_pylist()], pa.large_string()
        )
    return pc.cast(column, pa.large_string())


@dataclass
class Counts:
    """Records by value of each column; ``overflow`` names columns with too many values."""

    rows: int = 0
    values: dict[str, Counter[str]] = field(default_factory=dict)
    nulls: Counter[str] = field(default_factory=Counter)
    overflow: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class CensusAnalysis:
    """Counts values of a few columns.

    Attributes:
        of: the columns counted.
        most: a column with more distinct values is not counted but named in ``overflow``; the
            outcome does not depend on the order of pieces, since a part never has more distinct
            values than the whole.
    """

    of: tuple[str, ...]
    most: int = 10_000
    id: str = "census"
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        return {"of": list(self.of), "most": self.most}

    def columns(self) -> tuple[str, ...]:
        return self.of

    def empty(self, first_row: int = 0) -> Counts:  # noqa: ARG002
        return Counts(values={c: Counter() for c in self.of})

    def add(self, state: Counts, batch: pa.RecordBatch) -> Counts:
        state.rows += batch.num_rows
        for name in self.of:
            counted = pc.value_counts(as_text(batch.column(name)))
            values = counted.field("values").to_pylist()
            counts = counted.field("counts").to_pylist()
            for value, count in zip(values, counts, strict=True):
                if value is None:
                    state.nulls[name] += count
                elif name not in state.overflow:
                    state.values[name][value] += count
            self._bound(state, name)
        return state

    def merge(self, states: Sequence[Counts]) -> Counts:
        total = self.empty()
        for state in states:
            total.rows += state.rows
            total.nulls.update(state.nulls)
            total.overflow |= state.overflow
            for name in self.of:
                total.values[name].update(state.values[name])
        for name in self.of:
            self._bound(total, name)
        return total

    def _bound(self, state: Counts, name: str) -> None:
        if len(state.values[name]) > self.most or name in state.overflow:
            state.overflow.add(name)
            state.values[name] = Counter()

    def pack(self, state: Counts) -> bytes:
        meta = {
            "rows": state.rows,
            "overflow": sorted(state.overflow),
            "values": [sorted(state.values[c].items()) for c in self.of],
            "nulls": [state.nulls[c] for c in self.of],
        }
        return pack(_KIND, meta, {})

    def unpack(self, data: bytes) -> Counts:
        meta, _ = unpack(_KIND, data)
        return Counts(
            meta["rows"],
            {c: Counter(dict(v)) for c, v in zip(self.of, meta["values"], strict=True)},
            Counter({c: n for c, n in zip(self.of, meta["nulls"], strict=True) if n}),
            set(meta["overflow"]),
        )
