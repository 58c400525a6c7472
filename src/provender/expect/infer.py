"""A first suite from data at hand, for a person to edit: what holds there, with a margin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from provender.expect.aggregates import Count, Extremes
from provender.expect.measures import Measure, Measured
from provender.expect.tally import Tally
from provender.expect.view import NUMBERS, TIMES, Kind, kind_of

SET_SIZE = 30
"""A column with at most so many distinct values, each met ten times on average, is a set."""

_REPEATS = 10
_TALLY_LIMIT = 1 << 20
_MARGIN = 0.1
_ROWS_MARGIN = 0.5


@dataclass(frozen=True)
class ColumnProfile:
    """What was met in one column.

    Attributes:
        rows, missing: rows, and those with null or NaN.
        smallest, largest: of numbers, dates and times; None where there is no value.
        shortest, longest: code points of texts.
        distinct: how many distinct values, None where they were too many to hold.
        values: the distinct values in ascending order, if there are at most 30.
        counts: how often each of ``values`` occurs.
    """

    name: str
    kind: Kind
    rows: int
    missing: int
    smallest: Any
    largest: Any
    shortest: int | None
    longest: int | None
    distinct: int | None
    values: tuple[Any, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class ProfileAnalysis(Measured):
    """A mergeable profile of every column of a schema."""

    schema: pa.Schema

    @property
    def id(self) -> str:
        return "expect/profile"

    @property
    def version(self) -> int:
        return 1

    def parameters(self) -> dict[str, Any]:
        return {"schema": [[field.name, str(field.type)] for field in self.schema]}

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """A count of rows, then what fits each column's kind."""
        found: list[Measure] = [Count()]
        for field in self.schema:
            kind = kind_of(field.type)
            found.append(Count(field.name))
            if kind in (*NUMBERS, *TIMES):
                found.append(Extremes(field.name))
            if kind is Kind.STRING:
                found.append(Extremes(field.name, of_length=True))
            if kind in (*NUMBERS, Kind.STRING):
                found.append(Tally(field.name, _TALLY_LIMIT))
        return tuple(found)

    def profiles(self, state: list[Any]) -> list[ColumnProfile]:
        """Return one profile per column, in the schema's order."""
        parts = dict(zip(self.measures, state, strict=True))
        return [self._profile(field.name, kind_of(field.type), parts) for field in self.schema]

    def _profile(self, name: str, kind: Kind, parts: dict[Measure, Any]) -> ColumnProfile:
        rows, missing = parts[Count(name)]
        smallest, largest = _pair(parts.get(Extremes(name)))
        shortest, longest = _pair(parts.get(Extremes(name, of_length=True)))
        tally = Tally(name, _TALLY_LIMIT)
        distinct: int | None = None
        values: list[Any] = []
        counts = np.zeros(0, np.int64)
        if tally in parts and not parts[tally].over:
            found, counts = tally.counts(parts[tally])
            distinct = len(found)
            values = found.to_pylist() if distinct <= SET_SIZE else []
        kept = tuple(counts.tolist()) if values else ()
        told = (smallest, largest, shortest, longest, distinct, tuple(values), kept)
        return ColumnProfile(name, kind, rows, missing, *told)


def _pair(extremes: pa.Array | None) -> tuple[Any, Any]:
    return (None, None) if extremes is None or not len(extremes) else tuple(extremes.to_pylist())


def infer_suite(name: str, analysis: ProfileAnalysis, state: list[Any]) -> dict[str, Any]:
    """Return a suite as Great Expectations writes it; the profiled data meets all of it.

    Every expectation's ``meta.notes`` tells what was observed.
    """
    rows = state[0][0]
    columns = analysis.schema.names
    made = [
        _expect(
            "expect_table_columns_to_match_ordered_list",
            f"Observed {len(columns)} columns in this order.",
            column_list=columns,
        ),
        _expect(
            "expect_table_row_count_to_be_between",
            f"Observed {rows} rows; half as many to half as many again are let through.",
            min_value=math.floor(rows * (1 - _ROWS_MARGIN)),
            max_value=math.ceil(rows * (1 + _ROWS_MARGIN)),
        ),
    ]
    for profile in analysis.profiles(state):
        made += _of_column(profile)
    return {"name": name, "expectations": made, "meta": {}, "notes": None}


def _of_column(profile: ColumnProfile) -> list[dict[str, Any]]:
    made = _on_missing(profile)
    column, present = profile.name, profile.rows - profile.missing
    repeated = bool(profile.values) and len(profile.values) * _REPEATS <= present
    if repeated and profile.kind in (Kind.STRING, Kind.INTEGER):
        shown = ", ".join(
            f"{v!r}: {c}" for v, c in zip(profile.values, profile.counts, strict=True)
        )
        note = f"Observed {len(profile.values)} distinct values in {present}: {shown}."
        values = list(profile.values)
        return [
            *made,
            _expect("expect_column_values_to_be_in_set", note, column=column, value_set=values),
        ]
    low, high = _widened(profile)
    if low is not None or high is not None:
        note = f"Observed {_text(profile.smallest)} to {_text(profile.largest)}."
        bounds = {"column": column, "min_value": low, "max_value": high}
        made.append(_expect("expect_column_values_to_be_between", note, **bounds))
    if profile.shortest is not None and profile.longest is not None:
        note = f"Observed {profile.shortest} to {profile.longest} characters."
        low = math.floor(profile.shortest * (1 - _MARGIN))
        lengths = {"min_value": low, "max_value": math.ceil(profile.longest * (1 + _MARGIN))}
        made.append(
            _expect("expect_column_value_lengths_to_be_between", note, column=column, **lengths)
        )
    if profile.distinct == present > SET_SIZE and profile.kind in (Kind.STRING, Kind.INTEGER):
        note = f"Observed {present} values, none twice."
        made.append(_expect("expect_column_values_to_be_unique", note, column=column))
    return made


def _on_missing(profile: ColumnProfile) -> list[dict[str, Any]]:
    kind, column = "expect_column_values_to_not_be_null", profile.name
    if not profile.rows or profile.missing == profile.rows:
        return []
    if not profile.missing:
        return [_expect(kind, f"Observed no null in {profile.rows} rows.", column=column)]
    share = 1 - profile.missing / profile.rows
    # Three standard errors below, so that another sample of the same source passes too.
    slack = 3 * math.sqrt(share * (1 - share) / profile.rows)
    mostly = max(0.0, math.floor((share - slack) * 1000) / 1000)
    note = f"Observed {profile.missing} nulls in {profile.rows} rows."
    return [_expect(kind, note, column=column, mostly=mostly)]


def _widened(profile: ColumnProfile) -> tuple[Any, Any]:
    """Return bounds a tenth of the range wider, None for none; no sign that was never seen."""
    low, high = profile.smallest, profile.largest
    if low is None or profile.kind is Kind.BOOLEAN:
        return None, None
    if profile.kind is Kind.DATE:
        return low.isoformat(), high.isoformat()
    if profile.kind is Kind.TIMESTAMP:
        # Whole days: nanoseconds would be lost in the text.
        next_day = min(high.date(), date.max - timedelta(days=1)) + timedelta(days=1)
        return f"{low.date()}T00:00:00", f"{next_day}T00:00:00"
    if not (math.isfinite(low) and math.isfinite(high)):
        return (low if math.isfinite(low) else None, high if math.isfinite(high) else None)
    margin = (high - low) * _MARGIN
    wide_low, wide_high = low - margin, high + margin
    if low >= 0:
        wide_low = max(0, wide_low)
    if high <= 0:
        wide_high = min(0, wide_high)
    if profile.kind is Kind.INTEGER:
        return math.floor(wide_low), math.ceil(wide_high)
    return wide_low, wide_high


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _expect(type_: str, note: str, /, **kwargs: Any) -> dict[str, Any]:
    return {"type": type_, "kwargs": kwargs, "meta": {"notes": note}, "severity": "critical"}
