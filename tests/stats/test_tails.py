"""Tails: followed when they are even, cut where they jump."""

from __future__ import annotations

import numpy as np
import pytest

from provender.stats.tails import Tail, fit_tail


def tail_of(distances: np.ndarray, mixture: bool = False) -> Tail | None:
    values, counts = np.unique(distances[distances > 0], return_counts=True)
    return fit_tail(values, counts, 2 * len(distances), mixture)


@pytest.mark.parametrize("name", ["standard_normal", "standard_exponential", "standard_cauchy"])
def test_a_clean_tail_has_no_break_and_is_never_underestimated(name: str) -> None:
    rng = np.random.default_rng(1)
    tail = tail_of(np.abs(getattr(rng, name)(20_000)))
    fresh = np.abs(getattr(rng, name)(1_000_000))
    assert tail is not None
    assert tail.beyond == 0
    for p in (0.05, 0.01, 1e-3, 1e-4, 1e-5):
        assert (np.exp(-tail.depth_at(fresh)) <= p).mean() <= 1.5 * p


def test_a_group_beyond_a_gap_is_left_out_of_the_fit() -> None:
    body = np.abs(np.random.default_rng(2).standard_normal(10_000))
    tail = tail_of(np.append(body, np.full(150, 40.0)))
    assert tail is not None
    assert tail.beyond == 150
    assert tail.distance[-1] < 4
    assert np.exp(-tail.depth_at(np.array([40.0]))) < 1e-6


def test_a_nearer_group_of_a_mixture_is_natural() -> None:
    body = np.random.default_rng(3).uniform(1, 10, 10_000)
    values = np.append(body, np.full(300, 25.0))
    plain, mixture = tail_of(values), tail_of(values, mixture=True)
    assert plain is not None
    assert mixture is not None
    assert (plain.beyond, mixture.beyond) == (300, 0)


def test_signs_that_flip_are_a_group_and_a_body_that_thins_out_across_zero_is_not() -> None:
    rng = np.random.default_rng(4)

    def below(values: np.ndarray) -> Tail | None:
        median = float(np.median(values))
        distance, counts = np.unique(median - values[values < median], return_counts=True)
        return fit_tail(distance, counts, len(values), boundary=median)

    ages = rng.uniform(17, 90, 10_000)
    ages[:100] *= -1
    dew = rng.normal(42, 19, 10_000)
    flipped, thinned = below(ages), below(dew)
    assert flipped is not None
    assert thinned is not None
    assert flipped.beyond >= 90
    assert thinned.beyond == 0


def test_too_few_or_too_equal_values_show_no_shape() -> None:
    assert tail_of(np.arange(1.0, 9.0)) is None
    assert tail_of(np.ones(5_000)) is None
