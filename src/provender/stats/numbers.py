"""Value counts of every numeric column: one mergeable read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.stats.packing import pack, unpack
from provender.stats.quantiles import CELLS, ValueCounts

_KIND = "numbers/1"


@dataclass(frozen=True)
class Numbers:
    """What was met in one column.

    Attributes:
        values: counts of its finite values.
        infinite: how many values were infinite.
        missing: how many were null or NaN.
    """

    values: ValueCounts
    infinite: int = 0
    missing: int = 0


@dataclass(frozen=True)
class NumberCounts:
    """The analysis: a state is a tuple with one `Numbers` per column.

    Attributes:
        id: unique name of the analysis.
        names: the columns, all of an integer, decimal or floating type.
    """

    id: str
    names: tuple[str, ...]
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        return {"columns": list(self.names), "cells": CELLS}

    def columns(self) -> tuple[str, ...]:
        return self.names

    def empty(self, first_row: int = 0) -> tuple[Numbers, ...]:  # noqa: ARG002
        return tuple(Numbers(ValueCounts.empty()) for _ in self.names)

    def add(self, state: tuple[Numbers, ...], batch: pa.RecordBatch) -> tuple[Numbers, ...]:
        added = []
        for name, numbers in zip(self.names, state, strict=True):
            cells = column_values(batch, name)
            finite = cells[np.isfinite(cells)]
            missing = int(np.isnan(cells).sum())
            infinite = len(cells) - len(finite) - missing
            new = Numbers(ValueCounts.of(finite, numbers.values.shift), infinite, missing)
            added.append(_merged([numbers, new]))
        return tuple(added)

    def merge(self, states: Sequence[tuple[Numbers, ...]]) -> tuple[Numbers, ...]:
        return tuple(_merged(parts) for parts in zip(*states, strict=True))

    def pack(self, state: tuple[Numbers, ...]) -> bytes:
        head = [[n.values.shift, len(n.values.cells), n.infinite, n.missing] for n in state]
        nothing = [np.zeros(0, np.int64)]
        arrays = {
            "cells": np.concatenate([n.values.cells for n in state] or nothing),
            "counts": np.concatenate([n.values.counts for n in state] or nothing),
        }
        return pack(_KIND, {"columns": head}, arrays)

    def unpack(self, data: bytes) -> tuple[Numbers, ...]:
        meta, arrays = unpack(_KIND, data)
        state, start = [], 0
        for shift, length, infinite, missing in meta["columns"]:
            part = slice(start, start + length)
            values = ValueCounts(shift, arrays["cells"][part], arrays["counts"][part])
            state.append(Numbers(values, infinite, missing))
            start += length
        return tuple(state)


def column_values(batch: pa.RecordBatch, name: str) -> np.ndarray:
    """Return a numeric column as float64 (rows,), NaN for null."""
    column = batch.column(name).cast(pa.float64(), safe=False)
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)


def _merged(parts: Sequence[Numbers]) -> Numbers:
    values = parts[0].values.merge(*(p.values for p in parts[1:]))
    return Numbers(values, sum(p.infinite for p in parts), sum(p.missing for p in parts))
