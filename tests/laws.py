"""The laws that every analysis must hold to; tests call these on data of their own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from provender.stats.analysis import Analysis


def batches(table: pa.Table, cuts: Sequence[int]) -> list[pa.RecordBatch]:
    """Cut ``table`` at the given row numbers; pieces may be empty."""
    edges = [0, *sorted(min(max(c, 0), table.num_rows) for c in cuts), table.num_rows]
    whole = table.combine_chunks()
    empty = pa.RecordBatch.from_pylist([], schema=table.schema)
    return [
        (whole.slice(a, b - a).to_batches() or [empty])[0] for a, b in itertools.pairwise(edges)
    ]


def one_pass(analysis: Analysis[Any], pieces: Sequence[pa.RecordBatch], first_row: int = 0) -> Any:
    """Add all batches to one state."""
    state = analysis.empty(first_row)
    for batch in pieces:
        state = analysis.add(state, batch)
    return state


def assert_mergeable(analysis: Analysis[Any], table: pa.Table, cuts: Sequence[int]) -> bytes:
    """One pass = merged pieces = merged as a tree = merged with empty = through bytes.

    Returns the packed state, so that a caller can compare it with a reference.
    """
    pieces = batches(table, cuts)
    whole = analysis.pack(one_pass(analysis, batches(table, [])))
    assert analysis.pack(one_pass(analysis, pieces)) == whole, "batch sizes change the state"
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + piece.num_rows)

    def states() -> list[Any]:
        return [one_pass(analysis, [p], s) for p, s in zip(pieces, starts, strict=False)]

    assert analysis.pack(analysis.merge(states())) == whole, "merging pieces changes the state"
    packed = [analysis.unpack(analysis.pack(s)) for s in states()]
    assert analysis.pack(analysis.merge(packed)) == whole, "a round trip through bytes changes it"
    tree = states()
    while len(tree) > 1:
        pairs = [tree[i : i + 2] for i in range(0, len(tree), 2)]
        tree = [analysis.merge(pair) for pair in pairs]
    assert analysis.pack(tree[0]) == whole, "merging as a tree changes the state"
    end = table.num_rows
    padded = [analysis.empty(0), *states(), analysis.empty(end)]
    assert analysis.pack(analysis.merge(padded)) == whole, "merging with empty changes the state"
    return whole
