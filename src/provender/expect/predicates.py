"""Row-level expectations answered natively: each gives (rows ignored, rows that meet it).

Semantics are those of Great Expectations on pandas: missing values are ignored, texts are
compared by code point, regular expressions are Python's `re`, searched anywhere in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.expect.conditions import in_set
from provender.expect.keys import left_out
from provender.expect.view import NUMBERS, TIMES, Column, Kind, View, mask_of

Judged = tuple[np.ndarray, np.ndarray]
Predicate = Callable[[View, dict[str, Any]], Judged]

_IGNORE = {
    "both_values_are_missing": "all",
    "either_value_is_missing": "any",
    "neither": "never",
    "all_values_are_missing": "all",
    "any_value_is_missing": "any",
    "never": "never",
}


def named_columns(kwargs: dict[str, Any]) -> tuple[str, ...]:
    """Return the columns that an expectation looks at, in its own order."""
    if "column" in kwargs:
        return (kwargs["column"],)
    if "column_A" in kwargs:
        return (kwargs["column_A"], kwargs["column_B"])
    return tuple(kwargs.get("column_list") or ())


def leave_out(kwargs: dict[str, Any]) -> str:
    """Return 'any', 'all' or 'never': which rows ignore_row_if leaves out."""
    return (
        "any"
        if "column" in kwargs
        else _IGNORE[kwargs.get("ignore_row_if") or "all_values_are_missing"]
    )


def ignored_rows(view: View, kwargs: dict[str, Any]) -> np.ndarray:
    """Return bool (elements,): the rows that are not judged."""
    return left_out([view.column(n) for n in named_columns(kwargs)], leave_out(kwargs))


def parse_time(value: Any, kind: Kind) -> Any:
    """Return a suite's date or time for comparison with a column of ``kind``.

    Raises:
        ValueError: when it is not an ISO 8601 date or time.
    """
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a date")
    parsed = datetime.fromisoformat(value)
    return parsed.date() if kind is Kind.DATE else parsed


def between(column: Column, kwargs: dict[str, Any]) -> np.ndarray:
    """Return bool (rows,): min_value <= value <= max_value, or strictly so."""
    if column.kind in NUMBERS:
        return _in_range(column.numbers, kwargs)
    if column.kind is Kind.NULL:
        return column.missing
    met = np.ones(len(column.array), bool)
    for bound, strict, less, less_equal in (
        ("min_value", "strict_min", pc.greater, pc.greater_equal),
        ("max_value", "strict_max", pc.less, pc.less_equal),
    ):
        if kwargs.get(bound) is not None:
            compare = less if kwargs.get(strict) else less_equal
            met &= mask_of(compare(column.array, _scalar(column, kwargs[bound])))
    return met


def _scalar(column: Column, value: Any) -> pa.Scalar:
    if column.kind not in TIMES:
        return pa.scalar(value, column.array.type)
    parsed = parse_time(value, column.kind)
    zone = getattr(column.array.type, "tz", None)
    if isinstance(parsed, datetime):
        if zone and parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=UTC)
        elif not zone and parsed.tzinfo is not None:
            parsed = parsed.astimezone(UTC).replace(tzinfo=None)
        return pa.scalar(parsed, pa.timestamp("us", zone))
    assert isinstance(parsed, date)
    return pa.scalar(parsed, pa.date32())


def _in_range(values: np.ndarray, kwargs: dict[str, Any]) -> np.ndarray:
    met = np.ones(len(values), bool)
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is not None:
        met &= values > low if kwargs.get("strict_min") else values >= low
    if high is not None:
        met &= values < high if kwargs.get("strict_max") else values <= high
    return met


def _members(column: Column, values: list[Any] | None) -> np.ndarray:
    if values is None:
        return np.ones(len(column.array), bool)
    if column.kind in TIMES:
        wanted = pa.array([_scalar(column, v).as_py() for v in values], column.array.type)
        return mask_of(pc.is_in(column.array, value_set=wanted))
    return in_set(column, values)


def _matches(column: Column, patterns: list[str], combine: Callable[..., bool]) -> np.ndarray:
    texts, codes = column.texts
    searches = [re.compile(p).search for p in patterns]
    if len(searches) == 1:
        (search,) = searches
        met = [search(text) is not None for text in texts]
    else:
        met = [combine(search(text) is not None for search in searches) for text in texts]
    return np.asarray(np.asarray(met, dtype=bool)[codes])


def _equal(left: Column, right: Column) -> np.ndarray:
    """Return bool (rows,): equal values; False where either is missing or they can't be equal."""
    if left.kind in NUMBERS and right.kind in NUMBERS:
        met = left.numbers == right.numbers
    elif left.kind is right.kind:
        met = mask_of(pc.equal(left.array, right.array))
    else:
        met = np.zeros(len(left.array), bool)
    return np.asarray(met & ~left.missing & ~right.missing)


def _on_column(judge: Callable[[Column, dict[str, Any]], np.ndarray]) -> Predicate:
    def predicate(view: View, kwargs: dict[str, Any]) -> Judged:
        column = view.column(kwargs["column"])
        return column.missing, judge(column, kwargs)

    return predicate


def _null(view: View, kwargs: dict[str, Any]) -> Judged:
    return np.zeros(view.elements, bool), view.column(kwargs["column"]).missing


def _not_null(view: View, kwargs: dict[str, Any]) -> Judged:
    return np.zeros(view.elements, bool), ~view.column(kwargs["column"]).missing


def _pair_equal(view: View, kwargs: dict[str, Any]) -> Judged:
    left, right = (view.column(n) for n in named_columns(kwargs))
    return ignored_rows(view, kwargs), _equal(left, right)


def _pair_greater(view: View, kwargs: dict[str, Any]) -> Judged:
    left, right = (view.column(n) for n in named_columns(kwargs))
    if left.kind in NUMBERS:
        a, b = left.numbers, right.numbers
        met = a >= b if kwargs.get("or_equal") else a > b
    else:
        compare = pc.greater_equal if kwargs.get("or_equal") else pc.greater
        met = mask_of(compare(left.array, right.array))
    return ignored_rows(view, kwargs), met & ~left.missing & ~right.missing


def _distinct_within_record(view: View, kwargs: dict[str, Any]) -> Judged:
    met = np.ones(view.elements, bool)
    for left, right in combinations([view.column(n) for n in named_columns(kwargs)], 2):
        met &= ~(_equal(left, right) | (left.missing & right.missing))
    return ignored_rows(view, kwargs), met


PREDICATES: dict[str, Predicate] = {
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_be_between": _on_column(between),
    "expect_column_values_to_be_in_set": _on_column(lambda c, k: _members(c, k["value_set"])),
    "expect_column_values_to_not_be_in_set": _on_column(
        lambda c, k: ~_members(c, k["value_set"] or [])
    ),
    "expect_column_values_to_match_regex": _on_column(lambda c, k: _matches(c, [k["regex"]], any)),
    "expect_column_values_to_not_match_regex": _on_column(
        lambda c, k: ~_matches(c, [k["regex"]], any)
    ),
    "expect_column_values_to_match_regex_list": _on_column(
        lambda c, k: _matches(c, k["regex_list"], all if k.get("match_on") == "all" else any)
    ),
    "expect_column_values_to_not_match_regex_list": _on_column(
        lambda c, k: ~_matches(c, k["regex_list"], any)
    ),
    "expect_column_value_lengths_to_equal": _on_column(lambda c, k: c.lengths == k["value"]),
    "expect_column_value_lengths_to_be_between": _on_column(lambda c, k: _in_range(c.lengths, k)),
    "expect_column_pair_values_to_be_equal": _pair_equal,
    "expect_column_pair_values_a_to_be_greater_than_b": _pair_greater,
    "expect_select_column_values_to_be_unique_within_record": _distinct_within_record,
    "expect_multicolumn_values_to_be_unique": _distinct_within_record,
}
