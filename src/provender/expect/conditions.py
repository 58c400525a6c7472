"""Row conditions: the comparisons that Great Expectations writes as JSON, never pandas queries.

A missing value meets no comparison but != and NOT_IN, as in pandas.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.expect.view import NUMBERS, Column, Kind, View, kind_of, mask_of

_COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def condition_columns(condition: Any) -> tuple[str, ...]:
    """Return the columns that a condition names."""
    if not condition:
        return ()
    if condition["type"] in ("and", "or"):
        return tuple(c for part in condition["conditions"] for c in condition_columns(part))
    return (condition["column"]["name"],)


def condition_problem(condition: Any, schema: pa.Schema) -> str:
    """Return why a row condition can't be evaluated; '' when it can."""
    if not condition:
        return ""
    if not isinstance(condition, dict) or condition.get("type") == "pass_through":
        return "row conditions written as pandas queries are not run"
    if condition["type"] in ("and", "or"):
        problems = (condition_problem(part, schema) for part in condition["conditions"])
        return next((p for p in problems if p), "")
    name = condition["column"]["name"]
    if name not in schema.names:
        return f"the row condition names column '{name}', which is not there"
    if condition["type"] == "nullity":
        return ""
    kind, parameter = kind_of(schema.field(name).type), condition["parameter"]
    values = parameter if isinstance(parameter, list) else [parameter]
    wanted: type | tuple[type, ...] = str if kind is Kind.STRING else (int, float)
    if kind not in (*NUMBERS, Kind.STRING) or not all(isinstance(v, wanted) for v in values):
        return f"the row condition compares column '{name}' ({kind}) with another type"
    return ""


def condition_mask(condition: dict[str, Any], view: View) -> np.ndarray:
    """Return bool (elements,): the rows of an unfiltered view that meet the condition."""
    if condition["type"] in ("and", "or"):
        masks = [condition_mask(part, view) for part in condition["conditions"]]
        combine = np.logical_and if condition["type"] == "and" else np.logical_or
        return np.asarray(combine.reduce(masks))
    column = view.column(condition["column"]["name"])
    if condition["type"] == "nullity":
        return np.asarray(column.missing == bool(condition["is_null"]))
    symbol, parameter = condition["operator"], condition["parameter"]
    if symbol in ("IN", "NOT_IN"):
        met = in_set(column, parameter)
    else:
        values = column.numbers if column.kind in NUMBERS else _objects(column)
        met = np.asarray(_COMPARE[symbol](values, parameter), dtype=bool)
    if symbol == "NOT_IN":
        met = ~met
    if symbol in ("NOT_IN", "!="):
        return np.asarray(met | column.missing)
    return np.asarray(met & ~column.missing)


def in_set(column: Column, values: list[Any]) -> np.ndarray:
    """Return bool (rows,): whether the value is one of ``values``; wrong types match nothing."""
    if column.kind in NUMBERS:
        numbers = [v for v in values if isinstance(v, int | float) and math.isfinite(v)]
        if column.kind is not Kind.FLOAT:
            # Compared as integers: beyond 2**53 a float would stand for several of them.
            bounds = np.iinfo(column.numbers.dtype)
            numbers = [int(v) for v in numbers if v == int(v) and bounds.min <= v <= bounds.max]
        return np.asarray(np.isin(column.numbers, np.asarray(numbers, column.numbers.dtype)))
    if column.kind is Kind.STRING:
        texts = pa.array([v for v in values if isinstance(v, str)], pa.large_string())
        return mask_of(pc.is_in(column.array, value_set=texts))
    return np.zeros(len(column.array), bool)


def _objects(column: Column) -> np.ndarray:
    return np.asarray(column.array.fill_null("").to_numpy(zero_copy_only=False))
