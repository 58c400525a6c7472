"""Random tables and the expectations to try on them: shared by the tests of expect/."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

WORDS = ["", "a", "ab", "a\n", "Zürich", "12", "x-1", "xx", "true", "ß", "naïve\tname", "a,b"]


def random_table(seed: int, rows: int = 200) -> pa.Table:
    """Return columns of every kind, with and without missing values."""
    rng = np.random.default_rng(seed)

    def some_null(values: Any, type_: pa.DataType | None = None) -> pa.Array:
        return pa.array(values, type_, mask=rng.random(rows) < rng.choice([0.02, 0.4]))

    floats = np.round(rng.normal(0, 3, rows), rng.integers(0, 3))
    return pa.table(
        {
            "whole": rng.integers(-5, 30, rows),
            "whole_or_null": some_null(rng.integers(0, 6, rows)),
            "real": rng.normal(10, 1e3, rows),
            "real_or_null": some_null(np.where(rng.random(rows) < 0.1, np.nan, floats)),
            "rounded": np.round(rng.normal(0, 2, rows)),
            "flag": rng.random(rows) < 0.7,
            "word": pa.array(rng.choice(WORDS, rows)),
            "word_or_null": some_null(rng.choice(WORDS[:6], rows), pa.large_string()),
            "code": pa.array([f"id-{n}" for n in rng.integers(0, rows * 3, rows)]),
            "time": pa.array(
                rng.integers(0, 400, rows).astype("datetime64[D]").astype("datetime64[ns]")
            ),
            "nothing": pa.array([None] * rows, pa.large_string()),
        }
    )


def expectation(name: str, /, **kwargs: Any) -> dict[str, Any]:
    return {"type": name, "kwargs": kwargs}


def row_level() -> list[dict[str, Any]]:
    """Expectations on single rows, with what changes their meaning."""
    made = []
    e = expectation
    columns = ["whole", "whole_or_null", "real", "real_or_null", "rounded", "flag"]
    columns += ["word", "word_or_null", "code", "time", "nothing"]
    for column in columns:
        for mostly in (1.0, 0.8):
            made.append(e("expect_column_values_to_not_be_null", column=column, mostly=mostly))
            made.append(e("expect_column_values_to_be_null", column=column, mostly=mostly))
        made.append(e("expect_column_values_to_be_unique", column=column, mostly=0.5))
    for column in [c for c in columns if c not in ("time", "nothing")]:
        made += [
            e("expect_column_values_to_be_between", column=column, min_value=0, max_value=3),
            e("expect_column_values_to_be_in_set", column=column, value_set=[1, 2.0, "a", "12"]),
            e("expect_column_values_to_not_be_in_set", column=column, value_set=["ab", 3, 0.5]),
            e("expect_column_values_to_be_in_set", column=column, value_set=[], mostly=0.1),
            e("expect_column_value_lengths_to_equal", column=column, value=2, mostly=0.3),
            e("expect_column_value_lengths_to_be_between", column=column, min_value=2),
            e("expect_column_values_to_match_regex", column=column, regex="^[a-z]*$"),
            e("expect_column_values_to_not_match_regex", column=column, regex="1|x", mostly=0.6),
            e("expect_column_values_to_match_regex_list", column=column, regex_list=["a", "1"]),
            e(
                "expect_column_values_to_match_regex_list",
                column=column,
                regex_list=["[0-9]", "-"],
                match_on="all",
                mostly=0.2,
            ),
            e("expect_column_values_to_not_match_regex_list", column=column, regex_list=["a", "x"]),
        ]
    for column in ("whole", "whole_or_null", "real_or_null", "rounded", "flag"):
        for strict in ({"strict_min": True}, {"strict_max": True}):
            bounds = {"min_value": 0, "max_value": 1, **strict}
            made.append(e("expect_column_values_to_be_between", column=column, **bounds))
        made.append(e("expect_column_values_to_be_between", column=column, max_value=2, mostly=0.4))
        made.append(e("expect_column_values_to_be_between", column=column, min_value=-1.5))
    for strict in ({}, {"strict_min": True}, {"strict_max": True}):
        lengths = {"column": "word_or_null", "min_value": 1, "max_value": 2, **strict}
        made.append(e("expect_column_value_lengths_to_be_between", **lengths))
    made.append(
        e(
            "expect_column_values_to_be_between",
            column="time",
            min_value="1970-02-01T00:00:00",
            max_value="1970-12-01T00:00:00",
        )
    )
    return made + _several_columns()


def _several_columns() -> list[dict[str, Any]]:
    made = []
    e = expectation
    pairs = [("whole", "rounded"), ("real_or_null", "rounded"), ("word", "word_or_null")]
    pairs += [("word_or_null", "code"), ("whole", "word"), ("real_or_null", "real_or_null")]
    for a, b in pairs:
        for ignore in (None, "either_value_is_missing", "both_values_are_missing", "neither"):
            pair: dict[str, Any] = {"column_A": a, "column_B": b, "mostly": 0.5}
            if ignore:
                pair["ignore_row_if"] = ignore
            made.append(e("expect_column_pair_values_to_be_equal", **pair))
            for or_equal in (False, True):
                kwargs = {**pair, "or_equal": or_equal}
                made.append(e("expect_column_pair_values_a_to_be_greater_than_b", **kwargs))
    lists = [["whole", "rounded"], ["real_or_null", "word_or_null"], ["whole", "flag", "rounded"]]
    for names in [*lists, ["word", "word_or_null", "nothing"]]:
        for ignore in ("all_values_are_missing", "any_value_is_missing", "never"):
            record = {"column_list": names, "ignore_row_if": ignore, "mostly": 0.6}
            made.append(e("expect_compound_columns_to_be_unique", **record))
            made.append(e("expect_select_column_values_to_be_unique_within_record", **record))
    return made


def row_conditions() -> list[dict[str, Any]]:
    """Expectations on the rows that a condition keeps."""

    def compare(name: str, operator: str, parameter: Any) -> dict[str, Any]:
        column = {"name": name}
        return {
            "type": "comparison",
            "column": column,
            "operator": operator,
            "parameter": parameter,
        }

    conditions: list[dict[str, Any]] = [
        compare("whole", op, 10) for op in ("==", "!=", "<", "<=", ">", ">=")
    ]
    conditions += [
        compare("word", "IN", ["a", "ab"]),
        compare("word", "NOT_IN", ["a", "ab"]),
        compare("real_or_null", ">", 0),
        {"type": "nullity", "column": {"name": "word_or_null"}, "is_null": True},
        {"type": "nullity", "column": {"name": "word_or_null"}, "is_null": False},
        {"type": "and", "conditions": [compare("whole", ">", 3), compare("word", "!=", "a")]},
        {"type": "or", "conditions": [compare("whole", "<", 3), compare("word", "==", "a")]},
    ]
    made = []
    for condition in conditions:
        on = {"row_condition": condition}
        where = {"column": "word_or_null", **on}
        made += [
            expectation("expect_column_values_to_be_in_set", value_set=["a"], **where),
            expectation("expect_column_values_to_be_unique", column="code", **on),
            expectation("expect_column_values_to_not_be_null", mostly=0.5, **where),
            expectation("expect_column_mean_to_be_between", column="real", min_value=0, **on),
            expectation("expect_column_unique_value_count_to_be_between", max_value=3, **where),
        ]
    return made


def aggregates() -> list[dict[str, Any]]:
    """Expectations on columns and on the table."""
    made = []
    e = expectation
    numeric = ["whole", "whole_or_null", "real", "real_or_null", "rounded", "flag"]
    for column in numeric:
        for what in ("max", "min", "mean", "sum", "stdev", "median"):
            name = f"expect_column_{what}_to_be_between"
            if what in ("stdev", "median") and column == "flag":
                continue
            made.append(e(name, column=column, min_value=0, max_value=4))
            made.append(e(name, column=column, min_value=-50, strict_min=True))
        if column != "flag":
            ranges = {"quantiles": [0, 0.1, 0.25, 0.5, 0.99, 1.0]}
            ranges["value_ranges"] = [[None, 0], [-9, 5], [0, None], [0, 2], [0, 30], [0, 30]]
            for method in (None, "linear", "lower", "higher", "midpoint", "nearest"):
                given = {"allow_relative_error": method} if method else {}
                name = "expect_column_quantile_values_to_be_between"
                made.append(e(name, column=column, quantile_ranges=ranges, **given))
    for column in [*numeric, "word", "word_or_null", "code", "nothing"]:
        share = {"column": column, "min_value": 0.1, "max_value": 0.9}
        made += [
            e("expect_column_unique_value_count_to_be_between", column=column, max_value=8),
            e("expect_column_proportion_of_unique_values_to_be_between", **share),
            e("expect_column_proportion_of_non_null_values_to_be_between", **share),
        ]
        for values in ([1, 2, 3], ["a", "ab", ""], [0, 1, 2, 3, 4, 5], WORDS, WORDS[:6]):
            for what in ("be_in_set", "contain_set", "equal_set"):
                name = f"expect_column_distinct_values_to_{what}"
                made.append(e(name, column=column, value_set=values))
            for ties in (False, True):
                name = "expect_column_most_common_value_to_be_in_set"
                made.append(e(name, column=column, value_set=values, ties_okay=ties))
    for what in ("max", "min"):
        made.append(
            e(f"expect_column_{what}_to_be_between", column="time", min_value="1970-01-02T00:00:00")
        )
    made.append(e("expect_column_mean_to_be_between", column="word", min_value=0))
    made.append(e("expect_column_max_to_be_between", column="word", min_value=0))
    return made


def of_schema(columns: list[str]) -> list[dict[str, Any]]:
    """Expectations on the columns' names, number and types, and on the number of rows."""
    e = expectation
    made = [
        e("expect_table_columns_to_match_ordered_list", column_list=columns),
        e("expect_table_columns_to_match_ordered_list", column_list=columns[::-1]),
        e("expect_table_columns_to_match_set", column_set=columns[::-1]),
        e("expect_table_columns_to_match_set", column_set=columns[:2]),
        e("expect_table_columns_to_match_set", column_set=columns[:2], exact_match=False),
        e("expect_table_columns_to_match_set", column_set=["no"], exact_match=False),
        e("expect_table_column_count_to_equal", value=len(columns)),
        e("expect_table_column_count_to_be_between", min_value=1, max_value=4),
        e("expect_table_row_count_to_equal", value=200),
        e("expect_table_row_count_to_be_between", min_value=201),
        e("expect_column_to_exist", column="no"),
        e("expect_column_values_to_be_in_set", column="no", value_set=[1]),
    ]
    for place in (0, 1, 2, 99):
        made.append(e("expect_column_to_exist", column=columns[1], column_index=place))
    names = ["int", "int64", "int32", "float", "float64", "str", "bool", "bool_", "object"]
    for column in ("whole", "real", "flag", "word", "time"):
        for name in [*names, "datetime64", "datetime64[ns]", "Nonsense"]:
            made.append(e("expect_column_values_to_be_of_type", column=column, type_=name))
        for some in (["int", "int8"], ["float64", "bool"], ["datetime64[ns]", "int8"]):
            made.append(e("expect_column_values_to_be_in_type_list", column=column, type_list=some))
    return made


def everything(table: pa.Table) -> list[dict[str, Any]]:
    """Every expectation of this file."""
    return [*row_level(), *row_conditions(), *aggregates(), *of_schema(table.column_names)]
