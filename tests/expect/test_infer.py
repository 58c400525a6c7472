import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.expect.analysis import ExpectationAnalysis
from provender.expect.gx import validate
from provender.expect.infer import ProfileAnalysis, infer_suite
from provender.expect.result import results
from provender.expect.suite import load_suite
from provender.stats.analysis import Analysis
from tests.expect.against_gx import reference_frame
from tests.expect.tables import random_table
from tests.laws import assert_mergeable, batches, one_pass

ROWS = 400


def people(seed=0):
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "key": [f"p{n:05}" for n in range(ROWS)],
            "age": rng.integers(18, 90, ROWS),
            "weight": rng.normal(70, 9, ROWS),
            "city": rng.choice(["Bern", "Basel", "Genf"], ROWS),
            "class": rng.integers(0, 3, ROWS),
            "note": pa.array([f"note {n % 97}" for n in range(ROWS)], mask=rng.random(ROWS) < 0.1),
            "born": pa.array(rng.integers(0, 9000, ROWS).astype("datetime64[D]")),
            "seen": pa.array(
                (rng.integers(0, 10**18, ROWS) + 1).astype("datetime64[ns]"), pa.timestamp("ns")
            ),
        }
    )


def inferred(table):
    analysis = ProfileAnalysis(table.schema)
    return infer_suite("made", analysis, one_pass(analysis, batches(table, [99])))


def failed(suite, table):
    loaded = load_suite(json.dumps(suite).encode(), "made.json")
    analysis = ExpectationAnalysis(loaded, table.schema)
    found = results(analysis, one_pass(analysis, batches(table, [50])))
    assert all(r.success is not None for r in found)
    return [r for r in found if not r.success]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 9), st.lists(st.integers(0, 100), max_size=4))
def test_any_cut_gives_the_same_profile(seed, cuts):
    table = random_table(seed, 100)
    analysis = ProfileAnalysis(table.schema)
    assert isinstance(analysis, Analysis)
    assert_mergeable(analysis, table, cuts)


@pytest.mark.parametrize("table", [people(), random_table(3, 500)], ids=["people", "random"])
def test_the_data_it_was_made_from_meets_the_suite(table):
    assert failed(inferred(table), table) == []


def test_great_expectations_itself_finds_it_met():
    table = people().drop_columns(["born", "seen"])
    suite = inferred(table)
    assert all(r.success for r in validate(reference_frame(table), suite["expectations"]))


def test_every_expectation_says_what_was_observed():
    suite = inferred(people())
    assert all(e["meta"]["notes"].startswith("Observed ") for e in suite["expectations"])


def replaced(table, column, rows, value):
    values = table[column].to_pylist()
    for row in rows:
        values[row] = value
    place = table.schema.names.index(column)
    return table.set_column(place, table.schema.field(place), pa.array(values, table[column].type))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("age", 999),
        ("age", None),
        ("weight", -3.0),
        ("city", "bern"),
        ("class", 7),
        ("note", "x" * 999),
        ("key", "p00001"),
    ],
)
def test_a_corrupted_twin_fails_it(column, value):
    table = people()
    twin = replaced(table, column, [200, 333], value)
    assert {r.expectation.kwargs["column"] for r in failed(inferred(table), twin)} == {column}


def test_a_dropped_or_renamed_column_and_lost_rows_fail_it():
    table = people()
    suite = inferred(table)
    assert failed(suite, table.drop_columns(["note"]))
    assert failed(suite, table.rename_columns([*table.schema.names[:-1], "other"]))
    assert failed(suite, table.slice(0, 100))


def test_another_sample_of_the_same_source_passes():
    stable = ["key", "age", "weight", "city", "class", "note"]
    assert failed(inferred(people(0).select(stable)), people(1).select(stable)) == []


def test_data_without_rows_still_gives_a_suite():
    table = people().slice(0, 0)
    assert failed(inferred(table), table) == []
