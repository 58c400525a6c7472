"""How often each value of a column occurs, exactly, as long as the values fit in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.expect.view import Kind, View

LIMIT = 1 << 24
"""Bytes of values and counts that a tally holds: about a million numbers."""


@dataclass
class TallyState:
    """Values seen so far.

    Attributes:
        rows, missing: rows looked at, and those without a value.
        over: the values took more than the limit, and were given up.
        pieces: (distinct values, int64 counts) pairs yet to be summed up.
        fresh: bytes of the pieces that were added since they were last summed up.
    """

    rows: int = 0
    missing: int = 0
    over: bool = False
    pieces: list[tuple[pa.Array, pa.Array]] = field(default_factory=list)
    fresh: int = 0


@dataclass(frozen=True)
class Tally:
    """Value counts of a column of numbers, texts, dates or times.

    Attributes:
        limit: bytes of distinct values and their counts; beyond it nothing is kept, and what
            needs the values could not be checked. The distinct values of a piece are among
            those of the whole, so whether the limit is met does not depend on the cut.
    """

    column: str
    limit: int = LIMIT
    condition: str = ""

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def empty(self) -> TallyState:
        return TallyState()

    def add(self, state: TallyState, view: View) -> TallyState:
        column = view.column(self.column)
        state.rows += view.elements
        state.missing += column.missing_count
        if state.over or column.missing_count == view.elements:
            return state
        # Arrow sorts no booleans.
        boolean = column.kind is Kind.BOOLEAN
        values = column.present.cast(pa.int8()) if boolean else column.present
        counted = pc.value_counts(values)
        piece = (counted.field("values"), counted.field("counts"))
        state.pieces.append(piece)
        state.fresh += _bytes(piece[0])
        if state.fresh > self.limit:
            self._sum_up(state)
        return state

    def merge(self, states: Sequence[TallyState]) -> TallyState:
        over = any(s.over for s in states)
        merged = TallyState(
            sum(s.rows for s in states),
            sum(s.missing for s in states),
            over,
            [] if over else [piece for s in states for piece in s.pieces],
        )
        self._sum_up(merged)
        return merged

    def counts(self, state: TallyState) -> tuple[pa.Array, np.ndarray]:
        """Return (distinct values in ascending order, int64 counts); empty when over."""
        self._sum_up(state)
        if not state.pieces:
            return pa.nulls(0), np.zeros(0, np.int64)
        values, counts = state.pieces[0]
        return values, counts.to_numpy(zero_copy_only=False)

    def dump(self, state: TallyState) -> tuple[dict[str, Any], dict[str, Any]]:
        self._sum_up(state)
        meta = {"rows": state.rows, "missing": state.missing, "over": state.over}
        if not state.pieces:
            return meta, {}
        values, counts = state.pieces[0]
        return meta, {"values": values, "counts": counts}

    def load(self, meta: dict[str, Any], arrays: dict[str, Any]) -> TallyState:
        pieces = [(arrays["values"], arrays["counts"])] if arrays else []
        return TallyState(meta["rows"], meta["missing"], meta["over"], pieces)

    def _sum_up(self, state: TallyState) -> None:
        """Leave at most one piece, sorted by value; none when over the limit."""
        state.fresh = 0
        if not state.pieces:
            return
        values = pa.concat_arrays([v for v, _ in state.pieces])
        counts = pa.concat_arrays([c for _, c in state.pieces])
        table = pa.table({"value": values, "count": counts})
        summed = table.group_by("value", use_threads=False).aggregate([("count", "sum")])
        summed = summed.sort_by("value").combine_chunks()
        distinct = summed.column("value").combine_chunks()
        state.over = _bytes(distinct) > self.limit
        state.pieces = (
            [] if state.over else [(distinct, summed.column("count_sum").combine_chunks())]
        )


def _bytes(values: pa.Array) -> int:
    """Return the bytes of distinct values and their counts, whatever buffers they lie in."""
    if pa.types.is_large_string(values.type):
        return int(pc.sum(pc.binary_length(values)).as_py() or 0) + 16 * len(values)
    return 16 * len(values)
