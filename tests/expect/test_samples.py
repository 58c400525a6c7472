"""The shipped suites on the real samples: the clean ones pass, planted rows are found."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.expect.analysis import ExpectationAnalysis
from provender.expect.result import failing_rows, results
from provender.expect.suite import load_suite

SAMPLES = Path("data_samples")


def shards(folder):
    return sorted((SAMPLES / folder).glob("*.parquet"))


def judged(name, folder):
    """Fold one state per shard, as the pipeline does."""
    paths = shards(folder)
    data = Path("expectations", f"{name}.json").read_bytes()
    analysis = ExpectationAnalysis(load_suite(data, name), pq.read_schema(paths[0]))
    states = []
    for path in paths:
        state = analysis.empty()
        for batch in pq.ParquetFile(path).iter_batches(columns=list(analysis.columns())):
            state = analysis.add(state, batch)
        states.append(analysis.unpack(analysis.pack(state)))
    state = analysis.merge(states)
    return analysis, state, results(analysis, state)


@pytest.mark.parametrize("name", ["adult", "mail", "digits"])
def test_clean_samples_meet_their_suite(name):
    _, _, found = judged(name, f"clean/{name}")
    assert [r.to_json() for r in found if not r.success] == []


@pytest.mark.parametrize("family", ["schema", "outliers"])
def test_planted_rows_are_the_failing_rows(family):
    analysis, state, found = judged("adult", f"planted/{family}/adult")
    failing = [failing_rows(analysis, state, r.index) for r in found if r.success is False]
    truth = pq.read_table(SAMPLES / "truth" / f"{family}-adult.parquet")
    starts, first = {}, 0
    for path in shards(f"planted/{family}/adult"):
        starts[path.name] = first
        first += pq.read_metadata(path).num_rows
    planted = [
        starts[s] + r
        for s, r in zip(truth["shard"].to_pylist(), truth["row"].to_pylist(), strict=True)
    ]
    assert np.unique(np.concatenate(failing)).tolist() == sorted(planted)


def test_the_trailing_dots_of_the_test_part_of_adult_are_found():
    data = Path("expectations", "adult.json").read_bytes()
    table = pa.concat_tables([pq.read_table(p) for p in shards("clean/adult")[:1]])
    dotted = pa.array([f"{v}." for v in table["income"].to_pylist()])
    table = table.set_column(table.schema.names.index("income"), "income", dotted)
    analysis = ExpectationAnalysis(load_suite(data, "adult"), table.schema)
    state = analysis.empty()
    for batch in table.to_batches():
        state = analysis.add(state, batch)
    failed = [r.expectation for r in results(analysis, state) if r.success is False]
    assert {e.kwargs["column"] for e in failed} == {"income"}
