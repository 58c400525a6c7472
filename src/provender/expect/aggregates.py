"""Aggregates of a column: how many, how large, how much; all exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.expect.exact import FLOAT_UNIT, as_fraction, total, total_of_squares
from provender.expect.view import Kind, View


@dataclass(frozen=True)
class Count:
    """Rows, and rows whose column is missing; without a column, rows alone."""

    column: str | None = None
    condition: str = ""

    def columns(self) -> tuple[str, ...]:
        return () if self.column is None else (self.column,)

    def empty(self) -> tuple[int, int]:
        return (0, 0)

    def add(self, state: tuple[int, int], view: View) -> tuple[int, int]:
        missing = 0 if self.column is None else view.column(self.column).missing_count
        return (state[0] + view.elements, state[1] + missing)

    def merge(self, states: Sequence[tuple[int, int]]) -> tuple[int, int]:
        return (sum(s[0] for s in states), sum(s[1] for s in states))

    def dump(self, state: tuple[int, int]) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"rows": state[0], "missing": state[1]}, {}

    def load(self, meta: dict[str, Any], arrays: dict[str, Any]) -> tuple[int, int]:
        del arrays
        return (meta["rows"], meta["missing"])


@dataclass(frozen=True)
class Extremes:
    """The smallest and the largest value of a column, or of its text's length.

    The state is an Arrow array: empty, or [smallest, largest].
    """

    column: str
    of_length: bool = False
    condition: str = ""

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def empty(self) -> pa.Array:
        return pa.nulls(0)

    def add(self, state: pa.Array, view: View) -> pa.Array:
        column = view.column(self.column)
        lengths = pa.array(column.lengths[~column.missing]) if self.of_length else None
        return self.merge([state, column.present if lengths is None else lengths])

    def merge(self, states: Sequence[pa.Array]) -> pa.Array:
        given = [s for s in states if len(s)]
        if not given:
            return self.empty()
        found = pc.min_max(pa.concat_arrays(given))
        return pa.array([found["min"], found["max"]], given[0].type)

    def dump(self, state: pa.Array) -> tuple[dict[str, Any], dict[str, Any]]:
        return {}, {"extremes": state} if len(state) else {}

    def load(self, meta: dict[str, Any], arrays: dict[str, Any]) -> pa.Array:
        del meta
        return arrays.get("extremes", self.empty())


@dataclass(frozen=True)
class Totals:
    """What sums need: exact totals in units of 2**-unit, infinities counted apart.

    Attributes:
        finite: values that are neither missing nor infinite.
        high, low: values that are +inf, -inf.
        sum, squares: exact totals of the finite values and their squares; ``squares`` in units
            of 2**-(2 unit), 0 where not asked for.
        unit: 1126 for floats, 0 for integers.
    """

    finite: int = 0
    high: int = 0
    low: int = 0
    sum: int = 0
    squares: int = 0
    unit: int = 0

    @property
    def count(self) -> int:
        """Values that are not missing."""
        return self.finite + self.high + self.low

    def total(self) -> Fraction:
        """The sum of the finite values."""
        return as_fraction(self.sum, self.unit)

    def variance(self) -> Fraction:
        """The sample variance of the finite values; at least two are needed."""
        squares, n = as_fraction(self.squares, 2 * self.unit), self.finite
        return (n * squares - self.total() ** 2) / (n * (n - 1))


@dataclass(frozen=True)
class Sums:
    """Exact totals of a number column."""

    column: str
    squares: bool = False
    condition: str = ""

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def empty(self) -> Totals:
        return Totals()

    def add(self, state: Totals, view: View) -> Totals:
        column = view.column(self.column)
        values = column.numbers[~column.missing] if column.missing_count else column.numbers
        high = low = 0
        unit = FLOAT_UNIT if column.kind is Kind.FLOAT else 0
        if column.kind is Kind.FLOAT and not np.isfinite(values).all():
            high, low = int(np.isposinf(values).sum()), int(np.isneginf(values).sum())
            values = values[np.isfinite(values)]
        squares = total_of_squares(values) if self.squares else 0
        found = Totals(len(values), high, low, total(values), squares, unit)
        return self.merge([state, found])

    def merge(self, states: Sequence[Totals]) -> Totals:
        return Totals(
            sum(s.finite for s in states),
            sum(s.high for s in states),
            sum(s.low for s in states),
            sum(s.sum for s in states),
            sum(s.squares for s in states),
            # A state of no rows does not know the unit yet.
            max(s.unit for s in states),
        )

    def dump(self, state: Totals) -> tuple[dict[str, Any], dict[str, Any]]:
        wide = {"sum": hex(state.sum), "squares": hex(state.squares)}
        return {
            "finite": state.finite,
            "high": state.high,
            "low": state.low,
            "unit": state.unit,
            **wide,
        }, {}

    def load(self, meta: dict[str, Any], arrays: dict[str, Any]) -> Totals:
        del arrays
        wide = {"sum": int(meta["sum"], 16), "squares": int(meta["squares"], 16)}
        return Totals(meta["finite"], meta["high"], meta["low"], unit=meta["unit"], **wide)
