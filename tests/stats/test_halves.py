"""Halves of rows: drawn by place, the same under any cut, and both of them half."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from provender.stats.halves import HalfOf, halves
from provender.stats.numbers import NumberCounts
from tests.laws import assert_mergeable, batches, one_pass

TABLE = pa.table({"x": np.arange(500.0)})


@given(st.lists(st.integers(0, 500), min_size=1, max_size=5), st.integers(0, 1))
def test_a_half_merges(cuts: list[int], half: int) -> None:
    assert_mergeable(HalfOf(NumberCounts("n", ("x",)), half), TABLE, cuts)


def test_every_row_is_in_one_half() -> None:
    seen = [
        one_pass(HalfOf(NumberCounts("n", ("x",)), half), batches(TABLE, [])).inner[0].values
        for half in (0, 1)
    ]
    values = np.concatenate([counts.values() for counts in seen])
    assert sorted(values.tolist()) == list(range(500))


def test_halves_are_even_and_follow_no_pattern_of_places() -> None:
    drawn = halves(0, 100_000).astype(int)
    assert abs(drawn.mean() - 0.5) < 0.01
    for period in (2, 3, 7, 64):
        by_place = [drawn[start::period].mean() for start in range(period)]
        assert max(abs(np.array(by_place) - 0.5)) < 0.06


def test_the_two_halves_have_states_of_their_own() -> None:
    first, second = (HalfOf(NumberCounts("n", ("x",)), half) for half in (0, 1))
    assert first.parameters() != second.parameters()
