"""A cause's rows are flagged when the cause stands by itself, whatever else is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.calibrate.fdr import PValueCounts
from provender.calibrate.shared_out import shared_out

RATE, ROWS = 0.01, 10_000


def _flagged(p_values: list[float], rows: list[int], counted: list[int] | None = None) -> list:
    found = shared_out(np.array(p_values), np.array(counted or rows, np.int64), ROWS)
    every = np.ones(ROWS)
    every[: sum(rows)] = np.repeat(found, rows)
    return (found <= PValueCounts.of(every).threshold(RATE)).tolist()


@pytest.mark.parametrize("planted", [5, 10, 500])
def test_a_chance_cause_does_not_stand_on_a_planted_ones_discoveries(planted: int) -> None:
    assert _flagged([1e-9, 0.012], [planted, 17]) == [True, False]
    assert _flagged([0.012, 1e-9], [17, planted]) == [False, True]
    assert _flagged([1e-9, 0.008], [planted, 17]) == [True, True]


CAUSES = st.lists(
    st.tuples(st.sampled_from([1e-9, 1e-4, 0.008, 0.012, 0.04]), st.integers(5, 400)), max_size=6
)


@given(CAUSES)
def test_each_is_flagged_exactly_when_its_own_p_value_is_below_the_rate(
    causes: list[tuple[float, int]],
) -> None:
    p_values, rows = [p for p, _ in causes], [n for _, n in causes]
    assert _flagged(p_values, rows) == [p <= RATE for p in p_values]


@given(CAUSES, st.integers(1, 3))
def test_where_more_rows_are_counted_than_there_are_nothing_more_is_flagged(
    causes: list[tuple[float, int]], times: int
) -> None:
    p_values, rows = [p for p, _ in causes], [n for _, n in causes]
    many = [times * n for n in rows]
    for flagged, p_value in zip(_flagged(p_values, rows, many), p_values, strict=True):
        assert p_value <= RATE or not flagged


def test_no_causes_and_no_rows_are_no_error() -> None:
    assert shared_out(np.zeros(0), np.zeros(0, np.int64), 0).tolist() == []
    assert shared_out(np.array([0.5]), np.array([3]), 0).tolist() == [0.5]
