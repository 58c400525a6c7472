"""Rows from few places: the p-value is valid for every small case, and small where it must be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.calibrate.few_places import few_places


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=2, max_size=6), st.integers(1, 4))
def test_of_all_draws_no_more_than_p_have_a_p_value_of_p(totals: list[int], drawn: int) -> None:
    place = np.repeat(np.arange(len(totals)), totals)
    draws = list(itertools.combinations(place.tolist(), min(drawn, len(place))))
    held = np.array([np.bincount(draw, minlength=len(totals)) for draw in draws])
    p_value, _ = few_places(held, np.array(totals))
    for level in np.unique(p_value):
        assert (p_value <= level).mean() <= level + 1e-9


def test_rows_of_three_places_of_twenty_are_improbable_and_counted() -> None:
    held = np.zeros((2, 20), np.int64)
    held[0, [3, 7, 11]] = 6, 5, 4
    held[1, :15] = 1
    p_value, few = few_places(held, np.full(20, 100))
    assert p_value[0] < 1e-6
    assert few[0] == 3
    assert p_value[1] == 1


def test_a_row_elsewhere_does_not_hide_the_places() -> None:
    held = np.zeros((1, 20), np.int64)
    held[0, [3, 7, 11]] = 10, 9, 1
    p_value, few = few_places(held, np.full(20, 100))
    assert p_value[0] < 1e-9
    assert few[0] in (2, 3)


@pytest.mark.parametrize("places", [1, 2])
def test_where_there_are_hardly_any_places_little_is_said(places: int) -> None:
    held = np.zeros((1, places), np.int64)
    held[0, 0] = 5
    p_value, _ = few_places(held, np.full(places, 50))
    assert p_value[0] >= 0.02
