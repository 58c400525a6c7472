"""A suite of 30 expectations on a million rows: ours beside Great Expectations on pandas.

python -m benchmarks.expectations_speed [--rows 1000000]

CPU seconds of one process, the least of a few repeats; reading the data is in neither figure.
Great Expectations gets its pandas frame ready-made. COMPLETE lists every failing row, as ours
does; BASIC counts them and gives examples.
"""

from __future__ import annotations

import argparse
import copy
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.calls import one_thread
from benchmarks.table import show
from provender.expect.analysis import ExpectationAnalysis
from provender.expect.gx import quiet_gx
from provender.expect.result import failing_rows, results
from provender.expect.suite import Expectation, Suite

_BATCH = 16_384
_REPEATS = 2
_CATEGORIES = [f"cat-{i}" for i in range(20)]


def table_of(rows: int) -> pa.Table:
    """Return 10 columns, seeded: key, integers, floats, categories, a flag and strings."""
    random = np.random.default_rng(0)
    category = pa.array(_CATEGORIES)
    users = random.integers(0, max(rows // 2, 1), rows)
    return pa.table(
        {
            "id": np.arange(rows),
            "i1": random.integers(0, 100, rows),
            "i2": random.integers(0, 10**6, rows),
            "f1": random.normal(size=rows),
            "f2": np.where(random.random(rows) < 0.05, np.nan, random.random(rows)),
            "f3": np.round(random.normal(size=rows), 2),
            "c1": category.take(pa.array(random.integers(0, 20, rows))),
            "c2": category.take(pa.array(random.integers(0, 20, rows), mask=users % 33 == 0)),
            "b": random.random(rows) < 0.5,
            "s": pa.array([f"user-{k}@x.org" for k in users.tolist()]),
        }
    )


def suite_of(columns: list[str], rows: int) -> list[Expectation]:
    """Return 30 expectations: per row, per column, on pairs and on the table."""

    def each(kind: str, names: tuple[str, ...], **kwargs: Any) -> list[Expectation]:
        return [Expectation(f"expect_{kind}", {"column": name, **kwargs}) for name in names]

    values = "column_values_to"
    limits = {"min_value": -3, "max_value": 90}
    lengths = {"min_value": 5, "max_value": 16}
    return [
        *each(f"{values}_not_be_null", tuple(columns)),
        *each(f"{values}_be_between", ("i1", "i2", "f1", "f2", "f3"), **limits),
        *each(f"{values}_be_in_set", ("c1", "c2"), value_set=_CATEGORIES[:19]),
        *each("column_value_lengths_to_be_between", ("c1", "s"), **lengths),
        *each(f"{values}_match_regex", ("s",), regex=r"^user-\d+@x\.org$"),
        *each(f"{values}_be_unique", ("id", "s")),
        *each("column_mean_to_be_between", ("f1",), min_value=-1, max_value=1),
        *each("column_stdev_to_be_between", ("f2",), min_value=0, max_value=1),
        *each("column_max_to_be_between", ("i1",), max_value=99),
        *each("column_min_to_be_between", ("i1",), min_value=0),
        *each("column_unique_value_count_to_be_between", ("c1",), max_value=20),
        *each("column_distinct_values_to_be_in_set", ("c2",), value_set=_CATEGORIES),
        Expectation(
            "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_A": "f1", "column_B": "f2", "mostly": 0.1},
        ),
        Expectation("expect_table_row_count_to_equal", {"value": rows}),
    ]


def ours(table: pa.Table, suite: list[Expectation]) -> list[bool | None]:
    """Answer the suite batch by batch, failing rows included."""
    analysis = ExpectationAnalysis(Suite("speed", tuple(suite)), table.schema)
    state = analysis.empty()
    for batch in table.to_batches(max_chunksize=_BATCH):
        state = analysis.add(state, batch)
    state = analysis.unpack(analysis.pack(state))
    answers = results(analysis, state)
    for answer in answers:
        failing_rows(analysis, state, answer.index)
    return [answer.success for answer in answers]


def great_expectations(table: pa.Table, suite: list[Expectation], detail: str) -> Callable[[], Any]:
    """Return a call that answers the suite with Great Expectations on a pandas frame."""
    gx = quiet_gx()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.pandas_default.add_dataframe_asset(name="speed")
    definition = asset.add_batch_definition_whole_dataframe("speed")
    frame = table.to_pandas()
    configuration = gx.expectations.expectation_configuration.ExpectationConfiguration
    built = [
        configuration(type=e.type, kwargs=e.kwargs, meta={"place": i}).to_domain_obj()
        for i, e in enumerate(suite)
    ]

    def call() -> list[bool | None]:
        named = gx.ExpectationSuite(name=detail, expectations=[copy.copy(b) for b in built])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            batch = definition.get_batch({"dataframe": frame})
            found = batch.validate(named, result_format=detail)
        ordered = sorted(found.results, key=lambda r: int(r.expectation_config.meta["place"]))
        return [r.success for r in ordered]

    return call


def timed(call: Callable[[], list[bool | None]]) -> tuple[float, list[bool | None]]:
    """Return the least CPU seconds of a few repeats, and the answers."""
    taken, answers = [], []
    for _ in range(_REPEATS):
        began = time.process_time()
        answers = call()
        taken.append(time.process_time() - began)
    return min(taken), answers


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    one_thread()
    table = table_of(given.rows)
    suite = suite_of(table.column_names, given.rows)
    own, answers = timed(lambda: ours(table, suite))
    lines = [("ours, every failing row", f"{own:.2f}", f"{given.rows / own:,.0f}", "1.00", "")]
    for detail in ("COMPLETE", "BASIC"):
        spent, theirs = timed(great_expectations(table, suite, detail))
        agreed = sum(a == b for a, b in zip(answers, theirs, strict=True))
        lines.append(
            (
                f"Great Expectations, {detail}",
                f"{spent:.2f}",
                f"{given.rows / spent:,.0f}",
                f"{spent / own:.2f}",
                f"{agreed} of {len(suite)}",
            )
        )
    title = f"{len(suite)} expectations on {given.rows:,} rows x {table.num_columns} columns"
    head = ("", "CPU s", "rows/s", "times ours", "same answers")
    show(title, head, lines)


if __name__ == "__main__":
    main()
