"""Half of the rows of a data set, drawn by where they lie and not by what they hold.

A row's half follows from a hash of its number within the shard, so it is the same under any cut,
and of equal rows one may fall in either half: given the rows, both halves are random draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.stats.analysis import Analysis
from provender.stats.cell_hash import mix
from provender.stats.packing import pack, unpack

_KIND = "half/1"
#: Spreads neighbouring numbers (splitmix64's step).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass
class Half:
    """Attributes:
    first: the shard's rows before this state; known only while rows are added.
    rows: rows met, of both halves.
    inner: the state of the analysis that sees one half.
    """

    first: int
    rows: int
    inner: Any


@dataclass(frozen=True)
class HalfOf:
    """An analysis that sees half ``half`` (0 or 1) of the rows; a mergeable one like any other."""

    whole: Analysis[Any]
    half: int

    @property
    def id(self) -> str:
        return f"{self.whole.id} of half {self.half}"

    @property
    def version(self) -> int:
        return self.whole.version

    def parameters(self) -> dict[str, Any]:
        return {"of": self.whole.parameters(), "half": self.half}

    def columns(self) -> tuple[str, ...] | None:
        return self.whole.columns()

    def empty(self, first_row: int = 0) -> Half:
        return Half(first_row, 0, self.whole.empty())

    def add(self, state: Half, batch: pa.RecordBatch) -> Half:
        mine = halves(state.first + state.rows, batch.num_rows) == self.half
        inner = self.whole.add(state.inner, batch.filter(pa.array(mine)))
        return Half(state.first, state.rows + batch.num_rows, inner)

    def merge(self, states: Sequence[Half]) -> Half:
        inner = self.whole.merge([state.inner for state in states])
        return Half(states[0].first, sum(state.rows for state in states), inner)

    def pack(self, state: Half) -> bytes:
        inner = np.frombuffer(self.whole.pack(state.inner), np.uint8)
        return pack(_KIND, {"rows": state.rows}, {"inner": inner})

    def unpack(self, data: bytes) -> Half:
        meta, arrays = unpack(_KIND, data)
        return Half(0, meta["rows"], self.whole.unpack(arrays["inner"].tobytes()))


def halves(first: int, rows: int) -> np.ndarray:
    """Return uint64 (rows,), 0 or 1: the half of each row from number ``first`` of a shard on."""
    numbers = np.arange(first + 1, first + rows + 1, dtype=np.uint64)
    return np.asarray(mix(numbers * _GOLDEN) >> np.uint64(63))
