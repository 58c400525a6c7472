"""Which rows fail, spelled out; test_against_gx.py compares many more cases with GX itself."""

import pyarrow as pa
import pytest

from provender.expect.analysis import ExpectationAnalysis
from provender.expect.result import failing_rows
from tests.expect.against_gx import suite_of
from tests.expect.tables import expectation
from tests.laws import batches, one_pass

TABLE = pa.table(
    {
        "n": [0, 1, 2, 3, None],
        "f": [0.5, float("nan"), 2.0, 2.5, None],
        "t": ["", "a", "ab", "a\n", None],
        "d": pa.array([0, 1, 2, 3, None], pa.date32()),
        "zoned": pa.array([0, 1, 2, 3, None], pa.timestamp("s", "Europe/Zurich")),
    }
)


def failing(name, **kwargs):
    analysis = ExpectationAnalysis(suite_of([expectation(name, **kwargs)]), TABLE.schema)
    return failing_rows(analysis, one_pass(analysis, batches(TABLE, [2])), 0).tolist()


@pytest.mark.parametrize(
    ("strict", "rows"),
    [
        ({}, [0]),
        ({"strict_min": True}, [0, 1]),
        ({"strict_max": True}, [0, 3]),
        ({"strict_min": True, "strict_max": True}, [0, 1, 3]),
    ],
)
@pytest.mark.parametrize(
    ("column", "low", "high"),
    [
        ("n", 1, 3),
        ("d", "1970-01-02", "1970-01-04"),
        ("zoned", "1970-01-01T00:00:01+00:00", "1970-01-01T01:00:03+01:00"),
    ],
)
def test_bounds_are_inclusive_unless_strict(column, low, high, strict, rows):
    name = "expect_column_values_to_be_between"
    assert failing(name, column=column, min_value=low, max_value=high, **strict) == rows


def test_nan_is_missing_and_not_judged():
    assert failing("expect_column_values_to_not_be_null", column="f") == [1, 4]
    assert failing("expect_column_values_to_be_between", column="f", min_value=1) == [0]


def test_lengths_count_code_points():
    name = "expect_column_value_lengths_to_be_between"
    assert failing(name, column="t", min_value=1, max_value=1) == [0, 2, 3]
    assert failing(name, column="t", min_value=0, max_value=2, strict_max=True) == [2, 3]
    assert failing("expect_column_value_lengths_to_equal", column="t", value=2) == [0, 1]


def test_regular_expressions_are_pythons():
    # RE2, unlike Python, lets $ match at the very end alone.
    assert failing("expect_column_values_to_match_regex", column="t", regex="^a$") == [0, 2]
    assert failing("expect_column_values_to_match_regex", column="t", regex="(?<=a)b") == [0, 1, 3]


def test_pairs_with_a_missing_value_fail_unless_left_out():
    pair = {"column_A": "n", "column_B": "f"}
    greater = "expect_column_pair_values_a_to_be_greater_than_b"
    assert failing(greater, **pair) == [0, 1, 2]
    assert failing(greater, **pair, or_equal=True) == [0, 1]
    assert failing(greater, **pair, ignore_row_if="either_value_is_missing") == [0, 2]
    assert failing(greater, **pair, ignore_row_if="neither") == [0, 1, 2, 4]
