"""Expectations that the columns' names and types alone answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from provender.expect.outcome import Outcome, unchecked, within
from provender.expect.view import Kind, kind_of

Answer = Callable[[pa.Schema, dict[str, Any]], Outcome]

_NATIVE: dict[str, type] = {
    "bool": bool,
    "int": int,
    "long": int,
    "float": float,
    "bytes": bytes,
    "complex": complex,
    "str": str,
    "string_types": str,
}


def _exists(schema: pa.Schema, kwargs: dict[str, Any]) -> Outcome:
    name, place = kwargs["column"], kwargs.get("column_index")
    if not place:
        return Outcome(name in schema.names)
    return Outcome(-len(schema) <= place < len(schema) and schema.names[place] == name)


def _count_equal(schema: pa.Schema, kwargs: dict[str, Any]) -> Outcome:
    return Outcome(len(schema) == kwargs["value"], observed_value=len(schema))


def _count_between(schema: pa.Schema, kwargs: dict[str, Any]) -> Outcome:
    return within(len(schema), kwargs)


def _ordered_list(schema: pa.Schema, kwargs: dict[str, Any]) -> Outcome:
    wanted = kwargs.get("column_list")
    return Outcome(wanted is None or wanted == schema.names, observed_value=schema.names)


def _name_set(schema: pa.Schema, kwargs: dict[str, Any]) -> Outcome:
    exact, wanted = kwargs.get("exact_match", True), set(kwargs.get("column_set") or ())
    found = set(schema.names)
    success = wanted == found if exact else wanted <= found
    return Outcome(success, observed_value=sorted(found))


def _of_type(schema: pa.Schema, kwargs: dict[str, Any]) -> Outcome:
    found, observed = _value_type(schema.field(kwargs["column"]).type)
    if found is None:
        return unchecked(f"the type of {observed} columns is not compared")
    return Outcome(found in _named_types(kwargs["type_"]), observed_value=observed)


def _in_type_list(schema: pa.Schema, kwargs: dict[str, Any]) -> Outcome:
    found, observed = _value_type(schema.field(kwargs["column"]).type)
    if found is None:
        return unchecked(f"the type of {observed} columns is not compared")
    names = kwargs["type_list"]
    success = names is None or any(found in _named_types(name) for name in names)
    return Outcome(success, observed_value=observed)


def _value_type(type_: pa.DataType) -> tuple[type | None, str]:
    """Return the type of the values in pandas and its name; None where pandas holds objects."""
    kind = kind_of(type_)
    if kind is Kind.STRING:
        return str, "str"
    if kind is Kind.TIMESTAMP and type_.tz is None:
        return np.datetime64, "datetime64"
    if kind in (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN):
        found = np.dtype(type_.to_pandas_dtype()).type
        return found, found.__name__
    return None, str(type_)


def _named_types(name: str) -> list[type]:
    """Return what Great Expectations takes a type's name for: numpy's type and Python's."""
    try:
        named: list[type] = [np.dtype(name).type]
    except TypeError:
        named = []
    native = _NATIVE.get(name.lower())
    return [*named, native] if native else named


ANSWERS: dict[str, Answer] = {
    "expect_column_to_exist": _exists,
    "expect_table_column_count_to_equal": _count_equal,
    "expect_table_column_count_to_be_between": _count_between,
    "expect_table_columns_to_match_ordered_list": _ordered_list,
    "expect_table_columns_to_match_set": _name_set,
    "expect_column_values_to_be_of_type": _of_type,
    "expect_column_values_to_be_in_type_list": _in_type_list,
}
