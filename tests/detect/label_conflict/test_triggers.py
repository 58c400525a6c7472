"""A trigger's rows are flagged when the trigger stands by itself, whatever else is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.calibrate.fdr import PValueCounts
from provender.detect.label_conflict.strata import LEVELS
from provender.detect.label_conflict.triggers import Trigger, shared_out

RATE, ROWS = 0.01, 10_000


def _rows_p(p_values: list[float], explained: list[np.ndarray]) -> list[tuple[float, ...]]:
    standing = [Trigger(i, "", 1.0, p, (), 0, 0.0, 0.0, 0.0) for i, p in enumerate(p_values)]
    return [one.row_p_values for one in shared_out(standing, explained, ROWS)]


def _flagged(p_values: list[float], explained: list[np.ndarray]) -> list[list[bool]]:
    """Of each trigger and level: is a row there flagged?"""
    found = _rows_p(p_values, explained)
    every = np.ones(ROWS)
    rows = np.concatenate([np.repeat(p, n) for p, n in zip(found, explained, strict=True)])
    every[: len(rows)] = rows
    threshold = PValueCounts.of(every).threshold(RATE)
    return [[p <= threshold for p in one] for one in found]


def _at_level_three(rows: int) -> np.ndarray:
    return np.where(np.arange(LEVELS) == 3, rows, 0)


@pytest.mark.parametrize("planted", [5, 10, 500])
def test_a_chance_trigger_does_not_stand_on_a_planted_ones_discoveries(planted: int) -> None:
    few, many = _at_level_three(17), _at_level_three(planted)
    assert [any(one) for one in _flagged([1e-9, 0.012], [many, few])] == [True, False]
    assert [any(one) for one in _flagged([0.012, 1e-9], [few, many])] == [False, True]
    assert [any(one) for one in _flagged([1e-9, 0.008], [many, few])] == [True, True]


_BY_LEVEL = st.lists(st.integers(0, 30), min_size=LEVELS, max_size=LEVELS).map(np.array)


@given(
    st.lists(
        st.tuples(st.sampled_from([1e-9, 1e-4, 0.008, 0.012, 0.04]), _BY_LEVEL),
        min_size=1,
        max_size=6,
    )
)
def test_all_rows_of_a_trigger_are_flagged_exactly_when_its_own_p_value_is_below_the_rate(
    triggers: list[tuple[float, np.ndarray]],
) -> None:
    p_values, explained = [p for p, _ in triggers], [n for _, n in triggers]
    expected = [[p <= RATE and bool(n) for n in rows] for p, rows in triggers]
    assert _flagged(p_values, explained) == expected


def test_a_row_that_speaks_louder_against_its_label_has_the_smaller_p_value() -> None:
    (found,) = _rows_p([1e-6], [np.where(np.arange(LEVELS) < 6, 10, 0)])
    assert list(found[:6]) == sorted(set(found[:6]))
    assert set(found[6:]) == {1.0}, "no row there is more likely planted than natural"
