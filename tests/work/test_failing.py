"""Failing rows are found shard by shard and piece by piece; what folds does not grow with them."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from pipelines.validate import validate
from provender.core.shard import Roles
from provender.expect.analysis import CountsOf, ExpectationAnalysis
from provender.expect.suite import load_suite
from provender.io.states import StateStore
from tests.laws import assert_mergeable, batches, one_pass

ROWS = 900


def suite(*expectations):
    found = [{"type": f"expect_{t}", "kwargs": k, "meta": {}} for t, k in expectations]
    value = {"name": "s", "expectations": found, "meta": {}}
    return load_suite(json.dumps(value).encode(), "s.json")


SUITE = suite(
    ("column_values_to_be_between", {"column": "x", "max_value": 90}),
    ("column_values_to_be_unique", {"column": "key"}),
    ("column_values_to_be_between", {"column": "x", "max_value": 97, "mostly": 0.5}),
)


@pytest.fixture
def shards(tmp_path):
    random = np.random.default_rng(3)
    folder = tmp_path / "data"
    folder.mkdir()
    tables = []
    for number in range(3):
        key = np.arange(number * ROWS, (number + 1) * ROWS)
        key[7 * (number + 1)] = 5  # repeats a key of the first shard
        table = pa.table({"x": random.integers(0, 100, ROWS), "key": key})
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=100)
        tables.append(table)
    return folder, tables


def test_rows_of_pieces_and_of_all_shards_are_numbered_within_their_shard(shards, tmp_path):
    folder, tables = shards
    # Pieces of one row group each, so that numbers have to be shifted.
    run = Run(StateStore(str(tmp_path / "c")), 1, span_bytes=1)
    data = survey([str(folder)], Roles(), run)
    assert data.pieces == 27
    bound = ExpectationAnalysis(SUITE, data.schema)
    manifest, _ = fingerprint(data, run, (bound,))
    found = validate(data, manifest, bound, run)
    table = pa.concat_tables(found.tables(run.store)).to_pylist()
    between = {(t["shard"], t["row"]) for t in table if t["rule"].endswith("be_between")}
    unique = {(t["shard"], t["row"]) for t in table if t["rule"].endswith("be_unique")}
    assert between == {
        (f"{i}.parquet", row)
        for i, t in enumerate(tables)
        for row in np.flatnonzero(t["x"].to_numpy() > 90)
    }
    assert unique == {("0.parquet", 5), ("0.parquet", 7), ("1.parquet", 14), ("2.parquet", 21)}
    first, second, third = found.document["results"]
    assert first["failing"]["rows"] == len(between) == first["unexpected_count"]
    assert second["failing"]["shards"] == [["0.parquet", 2], ["1.parquet", 1], ["2.parquet", 1]]
    assert third["success"] is True
    assert third["failing"]["rows"] == third["unexpected_count"] > 0, "counted, but not suspect"


def test_the_folded_state_does_not_grow_with_failing_rows():
    def folded(rows):
        table = pa.table({"x": pa.array(np.full(rows, 99))})
        counts = CountsOf(ExpectationAnalysis(suite(SUITE_BETWEEN), table.schema))
        return counts.pack(one_pass(counts, batches(table, [])))

    assert len(folded(200_000)) <= len(folded(2)) + 64


SUITE_BETWEEN = ("column_values_to_be_between", {"column": "x", "max_value": 90})


def test_counts_are_mergeable():
    table = pa.table({"x": pa.array([1, 99, None, 95, 3, 98]), "key": pa.array(range(6))})
    assert_mergeable(CountsOf(ExpectationAnalysis(SUITE, table.schema)), table, [1, 3, 3])
