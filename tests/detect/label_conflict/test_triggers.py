"""A trigger's rows are flagged when the trigger stands by itself, whatever else is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.calibrate.fdr import PValueCounts
from provender.detect.label_conflict.triggers import Trigger, shared_out

RATE, ROWS = 0.01, 10_000


def _standing(p_values: list[float]) -> list[Trigger]:
    return [Trigger(i, "", 1.0, p, (), p, 0, 0.0, 0.0, 0.0) for i, p in enumerate(p_values)]


def _flagged(p_values: list[float], rows: list[int]) -> list[bool]:
    found = shared_out(_standing(p_values), rows, ROWS)
    every = np.ones(ROWS)
    every[: sum(rows)] = np.repeat([one.row_p_value for one in found], rows)
    threshold = PValueCounts.of(every).threshold(RATE)
    return [one.row_p_value <= threshold for one in found]


@pytest.mark.parametrize("planted", [5, 10, 500])
def test_a_chance_trigger_does_not_stand_on_a_planted_ones_discoveries(planted: int) -> None:
    assert _flagged([1e-9, 0.012], [planted, 17]) == [True, False]
    assert _flagged([0.012, 1e-9], [17, planted]) == [False, True]
    assert _flagged([1e-9, 0.008], [planted, 17]) == [True, True]


@given(
    st.lists(
        st.tuples(st.sampled_from([1e-9, 1e-4, 0.008, 0.012, 0.04]), st.integers(5, 400)),
        max_size=6,
    )
)
def test_each_is_flagged_exactly_when_its_own_p_value_is_below_the_rate(
    triggers: list[tuple[float, int]],
) -> None:
    p_values, rows = [p for p, _ in triggers], [n for _, n in triggers]
    assert _flagged(p_values, rows) == [p <= RATE for p in p_values]
