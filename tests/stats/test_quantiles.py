"""Value counts: exact while few, evenly coarser when many, the same under any cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.stats.numbers import NumberCounts
from provender.stats.quantiles import CELLS, ValueCounts
from tests.laws import assert_mergeable

ANY_FLOAT = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 5e-324, -1e308, 99999.0]))


@settings(max_examples=40, deadline=None)
@given(st.lists(ANY_FLOAT, max_size=60), st.lists(st.integers(0, 60), max_size=3))
def test_merging_is_a_law(cells: list[float | None], cuts: list[int]) -> None:
    table = pa.table({"a": pa.array(cells, pa.float64()), "b": pa.nulls(len(cells), pa.int32())})
    assert_mergeable(NumberCounts("n", ("a", "b")), table, cuts)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 30_000), min_size=1, max_size=4))
def test_merging_is_a_law_where_cells_are_coarsened(seed: int, cuts: list[int]) -> None:
    values = np.random.default_rng(seed).standard_cauchy(30_000)
    assert_mergeable(NumberCounts("n", ("a",)), pa.table({"a": values}), cuts)


def test_the_order_of_values_does_not_matter() -> None:
    values = np.random.default_rng(0).lognormal(size=50_000)
    one, two = ValueCounts.of(values), ValueCounts.of(np.sort(values))
    assert one.shift == two.shift > 0
    assert np.array_equal(one.cells, two.cells)
    assert np.array_equal(one.counts, two.counts)


def test_few_values_are_kept_exactly() -> None:
    counts = ValueCounts.of(np.array([3.0, -0.0, 0.0, -7.25, 3.0, 1e300]))
    assert counts.values().tolist() == [-7.25, 0.0, 3.0, 1e300]
    assert counts.counts.tolist() == [1, 2, 2, 1]


def test_many_values_keep_a_narrow_body_apart_in_bounded_memory() -> None:
    pressure = np.random.default_rng(0).normal(1_013_000, 10, 200_000)
    counts = ValueCounts.of(np.append(pressure, [-999.0, 9_999_999.0]))
    assert len(counts.cells) <= CELLS
    assert counts.total == 200_002
    median = counts.values()[np.searchsorted(np.cumsum(counts.counts), 100_001)]
    assert median == pytest.approx(np.median(pressure), abs=0.1)
