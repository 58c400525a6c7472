"""The row-level expectations that Great Expectations answers batch by batch for us."""

import pyarrow as pa
import pytest

from provender.expect.analysis import ExpectationAnalysis
from provender.expect.result import results
from tests.expect.against_gx import differences, suite_of
from tests.expect.tables import expectation
from tests.laws import assert_mergeable, batches, one_pass

TABLE = pa.table(
    {
        "json": ['{"a": 1}', "{", None, "3", "[1, 2", '{"b": 2}'],
        "day": ["2020-01-31", "31.01.2020", "2020-02-30", None, "x", "1999-12-31"],
        "a": [1.0, 2.0, None, 4.0, 5.0, 1.0],
        "b": [2.0, 1.0, None, 4.0, None, 1.0],
        "n": [1, 2, 3, 4, 5, 6],
    }
)
TRIED = [
    expectation("expect_column_values_to_be_json_parseable", column="json", mostly=0.5),
    expectation(
        "expect_column_values_to_match_strftime_format", column="day", strftime_format="%Y-%m-%d"
    ),
    expectation("expect_column_values_to_be_dateutil_parseable", column="day"),
    expectation(
        "expect_column_pair_values_to_be_in_set",
        column_A="a",
        column_B="b",
        value_pairs_set=[[1.0, 2.0], [4.0, 4.0]],
    ),
    expectation("expect_multicolumn_values_to_be_equal", column_list=["a", "b"], mostly=0.4),
    expectation("expect_multicolumn_sum_to_equal", column_list=["a", "b"], sum_total=3),
]


def test_answers_by_batches_equal_one_run_over_the_whole():
    assert differences(TABLE, TRIED) == []


@pytest.mark.parametrize("tried", TRIED[:2], ids=lambda t: t["type"])
def test_batches_may_be_cut_anywhere(tried):
    assert_mergeable(ExpectationAnalysis(suite_of([tried]), TABLE.schema), TABLE, [2, 5])


def test_an_error_inside_great_expectations_fails_the_expectation_with_a_reason():
    on_numbers = expectation(
        "expect_column_values_to_match_strftime_format", column="n", strftime_format="%Y"
    )
    analysis = ExpectationAnalysis(suite_of([on_numbers]), TABLE.schema)
    (result,) = results(analysis, one_pass(analysis, batches(TABLE, [3])))
    assert result.success is False
    assert result.outcome.reason == "Great Expectations raised an error"
    assert_mergeable(analysis, TABLE, [2, 5])
