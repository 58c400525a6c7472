import pickle

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.finding import CheckStatus
from provender.expect.analysis import ExpectationAnalysis
from provender.expect.result import failing_rows, results
from provender.stats.analysis import Analysis, analysis_key
from tests.expect.against_gx import suite_of
from tests.expect.tables import everything, expectation, random_table
from tests.laws import assert_mergeable, batches, one_pass

ROWS = 120
TABLE = random_table(5, ROWS)
ALL = everything(TABLE)


def analysis_of(table, *expectations):
    return ExpectationAnalysis(suite_of(list(expectations)), table.schema)


def answered(table, *expectations, cuts=()):
    analysis = analysis_of(table, *expectations)
    state = one_pass(analysis, batches(table, cuts))
    return analysis, state, results(analysis, state)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(ALL), min_size=1, max_size=8),
    st.lists(st.integers(0, ROWS), max_size=5),
)
def test_any_cut_gives_the_same_state(expectations, cuts):
    assert_mergeable(analysis_of(TABLE, *expectations), TABLE, cuts)


def test_all_expectations_together_are_mergeable():
    assert_mergeable(analysis_of(TABLE, *ALL[::3]), TABLE, [1, 50, 50, 119])


def test_it_is_an_analysis_that_travels():
    analysis = analysis_of(TABLE, *ALL)
    assert isinstance(analysis, Analysis)
    key = analysis_key(analysis)
    other = pickle.loads(pickle.dumps(analysis))
    assert analysis_key(other) == key
    assert other.columns() == analysis.columns()


def test_other_kwargs_give_another_key_but_mostly_does_not():
    def key(**kwargs):
        between = expectation("expect_column_values_to_be_between", column="real", **kwargs)
        return analysis_key(analysis_of(TABLE, between))

    assert key(min_value=0) != key(min_value=1)
    assert key(min_value=0) == key(min_value=0, mostly=0.5)


def test_only_the_columns_that_are_asked_about_are_read():
    condition = {"type": "nullity", "column": {"name": "flag"}, "is_null": False}
    asked = expectation(
        "expect_column_values_to_be_in_set", column="word", value_set=["a"], row_condition=condition
    )
    assert analysis_of(TABLE, asked).columns() == ("flag", "word")


def test_a_schema_only_suite_still_reads_a_column_to_count_rows():
    exists = expectation("expect_column_to_exist", column="word")
    assert analysis_of(TABLE, exists).columns() == ("whole",)


def test_damaged_bytes_and_states_of_another_suite_are_refused():
    one = analysis_of(TABLE, expectation("expect_table_row_count_to_equal", value=1))
    other = analysis_of(TABLE, *ALL[:9])
    for data in (b"", b"nonsense", other.pack(other.empty())):
        with pytest.raises(ValueError):
            one.unpack(data)


def test_no_rows_give_a_result_for_every_expectation():
    empty = TABLE.slice(0, 0)
    _, _, found = answered(empty, *ALL)
    assert len(found) == len(ALL)
    by_row = [r for r in found if r.outcome.element_count is not None]
    assert by_row
    assert all(r.success and r.outcome.element_count == 0 for r in by_row)


def test_an_absent_column_fails_with_a_reason():
    absent = expectation("expect_column_mean_to_be_between", column="no", min_value=0)
    _, _, (result,) = answered(TABLE, absent)
    assert result.success is False
    assert result.outcome.reason == "column 'no' is not there"


def test_what_cannot_be_answered_is_said_to_be_unchecked():
    table = pa.table({"list": pa.array([[1.0], None], pa.list_(pa.float32())), "n": [1, 2]})
    on_list = {"column": "list"}
    query = {"type": "pass_through", "pass_through_filter": "n > 1"}
    tried = [
        expectation("expect_column_values_to_be_unique", **on_list),
        expectation("expect_column_values_to_be_in_set", value_set=[1], **on_list),
        expectation("expect_column_unique_value_count_to_be_between", min_value=1, **on_list),
        expectation("expect_column_values_to_be_of_type", type_="list", **on_list),
        expectation("expect_column_values_to_be_increasing", column="n"),
        expectation("expect_column_value_z_scores_to_be_less_than", column="n", threshold=3),
        expectation("expect_column_values_to_not_be_null", column="n", row_condition=query),
        expectation("expect_column_max_to_be_between", column="n", max_value={"$PARAMETER": "x"}),
    ]
    _, _, found = answered(table, *tried)
    assert all(r.success is None and r.outcome.reason for r in found)
    assert {r.status for r in found} == {CheckStatus.COULD_NOT_CHECK}


def test_nulls_of_a_list_column_are_counted():
    table = pa.table({"list": pa.array([[1.0], None], pa.list_(pa.float32()))})
    not_null = expectation("expect_column_values_to_not_be_null", column="list")
    analysis, state, (result,) = answered(table, not_null)
    assert result.outcome.unexpected_count == 1
    assert failing_rows(analysis, state, 0).tolist() == [1]


def test_a_row_condition_keeps_the_rows_numbers_in_the_data():
    table = pa.table({"kind": ["a", "b", "b", "a", "b"], "n": [1, 1, 9, 9, 9]})
    condition = {
        "type": "comparison",
        "column": {"name": "kind"},
        "operator": "==",
        "parameter": "b",
    }
    tried = expectation(
        "expect_column_values_to_be_between", column="n", max_value=5, row_condition=condition
    )
    analysis, state, (result,) = answered(table, tried, cuts=[3])
    assert (result.outcome.element_count, result.outcome.unexpected_count) == (3, 2)
    assert failing_rows(analysis, state, 0).tolist() == [2, 4]


def test_dictionary_columns_are_answered_like_plain_ones():
    plain = TABLE.select(["word", "word_or_null"])
    encoded = pa.table(
        {n: plain[n].combine_chunks().dictionary_encode() for n in plain.schema.names}
    )
    tried = [t for t in ALL if set(_columns(t)) and set(_columns(t)) <= set(plain.schema.names)]
    assert len(tried) > 30
    for a, b in zip(answered(plain, *tried)[2], answered(encoded, *tried)[2], strict=True):
        assert a.to_json() == b.to_json()


def _columns(tried):
    kwargs = tried["kwargs"]
    if "row_condition" in kwargs:
        return []
    return kwargs.get("column_list") or [
        kwargs[k] for k in kwargs if k in ("column", "column_A", "column_B")
    ]


def test_examples_are_few_short_distinct_and_in_order_of_appearance():
    texts = ["x" * 500, "x" * 400, "ok", *[f"bad {n}" for n in range(50)], "bad 0"]
    table = pa.table({"t": texts})
    tried = expectation("expect_column_values_to_be_in_set", column="t", value_set=["ok"])
    _, _, (result,) = answered(table, tried, cuts=[2, 10, 30])
    examples = result.outcome.examples
    assert examples[:2] == ("x" * 100, "bad 0")
    assert len(examples) == len(set(examples)) == 20


def test_a_state_never_takes_more_than_a_bitmap_of_its_rows():
    table = pa.table({"n": range(80_000)})
    for bound in (-1, 10, 40_000, 79_000, 80_000):
        tried = expectation("expect_column_values_to_be_between", column="n", min_value=bound)
        analysis, state, (result,) = answered(table, tried)
        assert result.outcome.unexpected_count == max(0, bound)
        assert failing_rows(analysis, state, 0).tolist() == list(range(max(0, bound)))
        assert len(analysis.pack(state)) < 80_000 / 8 + 2_500


def test_results_are_json_with_every_field():
    tried = expectation("expect_column_values_to_be_in_set", column="word", value_set=["a"])
    _, _, (result,) = answered(TABLE, tried)
    assert set(result.to_json()) == {
        "type",
        "kwargs",
        "level",
        "success",
        "element_count",
        "missing_count",
        "unexpected_count",
        "unexpected_percent",
        "observed_value",
        "examples",
        "reason",
    }
