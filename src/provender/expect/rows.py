"""Row-level expectations: which rows fail, counted and numbered exactly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.expect.gx import unexpected_rows
from provender.expect.predicates import PREDICATES, ignored_rows, named_columns
from provender.expect.view import View

EXAMPLES = 20
EXAMPLE_LENGTH = 100


@dataclass
class RowState:
    """What a row-level expectation met.

    Attributes:
        rows: rows seen, whatever the row condition; failing rows are numbered among them.
        elements: rows that the row condition keeps.
        ignored: rows among them that are not judged: missing values, or as ignore_row_if says.
        failed: rows that fail.
        failing: their int64 row numbers, ascending, in chunks; none once they were dropped.
        examples: up to 20 distinct failing values in order of appearance, as JSON values.
        error: why nothing could be said; then there are no failing rows.
    """

    rows: int = 0
    elements: int = 0
    ignored: int = 0
    failed: int = 0
    failing: list[np.ndarray] = field(default_factory=list)
    examples: list[Any] = field(default_factory=list)
    error: str = ""

    def failing_rows(self) -> np.ndarray:
        """Return int64 row numbers from the state's start, ascending."""
        return np.concatenate([np.zeros(0, np.int64), *self.failing])

    def counted(self) -> RowState:
        """Return what is known without row numbers: it does not grow with the rows."""
        return replace(self, failing=[])


@dataclass(frozen=True)
class RowCheck:
    """One row-level expectation; ``kwargs`` is its JSON, so that the measure can be hashed."""

    type: str
    kwargs: str
    condition: str = ""

    def columns(self) -> tuple[str, ...]:
        return named_columns(json.loads(self.kwargs))

    def empty(self) -> RowState:
        return RowState()

    def add(self, state: RowState, view: View) -> RowState:
        kwargs = json.loads(self.kwargs)
        if self.type in PREDICATES:
            ignored, met = PREDICATES[self.type](view, kwargs)
            failing = ~met & ~ignored
        else:
            ignored, failing = ignored_rows(view, kwargs), np.zeros(view.elements, bool)
            named = view.batch.select(list(self.columns()))
            found = unexpected_rows(named, self.type, kwargs)
            if found is None:
                state.error = state.error or "Great Expectations raised an error"
            else:
                failing[found] = True
        self._extend(state, view, ignored, failing)
        return state

    def merge(self, states: Sequence[RowState]) -> RowState:
        merged = RowState()
        for state in states:
            merged.failing += [rows + merged.rows for rows in state.failing]
            merged.rows += state.rows
            merged.elements += state.elements
            merged.ignored += state.ignored
            merged.failed += state.failed
            merged.error = merged.error or state.error
            self._add_examples(merged, state.examples)
        if merged.error:
            merged.failed, merged.failing, merged.examples = 0, [], []
        return merged

    def dump(self, state: RowState) -> tuple[dict[str, Any], dict[str, Any]]:
        rows = state.failing_rows()
        meta = {
            "rows": state.rows,
            "elements": state.elements,
            "ignored": state.ignored,
            "failed": state.failed,
            "examples": state.examples,
            "error": state.error,
        }
        # Row numbers while they are shorter than a bitmap: never more than rows / 8 bytes.
        if len(rows) * 64 <= state.rows:
            return meta, {"failing": rows}
        mask = np.zeros(state.rows, bool)
        mask[rows] = True
        return meta, {"bitmap": np.packbits(mask)}

    def load(self, meta: dict[str, Any], arrays: dict[str, Any]) -> RowState:
        if "bitmap" in arrays:
            rows = np.flatnonzero(np.unpackbits(arrays["bitmap"], count=meta["rows"]))
        else:
            rows = arrays["failing"]
        given = (meta["rows"], meta["elements"], meta["ignored"], meta["failed"])
        return RowState(*given, [rows], meta["examples"], meta["error"])

    def _extend(
        self, state: RowState, view: View, ignored: np.ndarray, failing: np.ndarray
    ) -> None:
        if state.error:
            state.failed, state.failing, state.examples = 0, [], []
        elif failing.any():
            state.failed += int(failing.sum())
            state.failing.append(view.rows_of(failing) + state.rows)
            if len(state.examples) < EXAMPLES:
                self._add_examples(state, _examples(view, self.columns(), failing))
        state.rows += view.rows
        state.elements += view.elements
        state.ignored += int(ignored.sum())

    def _add_examples(self, state: RowState, found: list[Any]) -> None:
        distinct = len(self.columns()) == 1
        for value in found:
            if len(state.examples) < EXAMPLES and not (distinct and value in state.examples):
                state.examples.append(value)


def _examples(view: View, names: tuple[str, ...], failing: np.ndarray) -> list[Any]:
    """Return the first distinct failing values of one column, or the first rows of several."""
    if len(names) == 1:
        values = view.column(names[0]).array.filter(pa.array(failing))
        if pa.types.is_large_string(values.type):
            values = pc.utf8_slice_codeunits(values, 0, EXAMPLE_LENGTH)
        if pa.types.is_nested(values.type):
            return []
        return [_json(v) for v in pc.unique(values)[: EXAMPLES + 1].to_pylist() if v is not None]
    places = pa.array(np.flatnonzero(failing)[:EXAMPLES])
    columns = [view.column(name).array.take(places).to_pylist() for name in names]
    return [[_json(v) for v in row] for row in zip(*columns, strict=True)]


def _json(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    if isinstance(value, float) and np.isfinite(value):
        return value
    return str(value)[:EXAMPLE_LENGTH]
