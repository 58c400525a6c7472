"""Power curves: monotone, between their bounds, and bounds that hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from provender.calibrate.power import Minimum, power_curve

COUNTS = (5, 10, 25, 50, 100, 250)
SHARES = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), min_size=1, max_size=6)


@given(SHARES)
def test_a_curve_is_monotone_and_keeps_the_total(pairs):
    trials = [n for n, _ in pairs]
    found = [min(n, k) for n, k in pairs]
    curve = power_curve(COUNTS[: len(pairs)], trials, found)
    assert (np.diff(curve.fitted) >= -1e-12).all()
    assert curve.fitted @ curve.trials == pytest.approx(sum(found))


def test_one_count_has_the_exact_binomial_interval():
    exact = binomtest(7, 9).proportion_ci(0.95, "exact")
    curve = power_curve([10], [9], [7])
    assert (curve.low[0], curve.high[0]) == pytest.approx((exact.low, exact.high))


def test_the_minimum_is_where_the_fit_reaches_the_power():
    curve = power_curve(COUNTS, [20] * 6, [0, 6, 17, 20, 20, 20])
    assert curve.minimum() == Minimum(25, 25, 100)
    assert curve.minimum(0.99).count == 50


def test_what_is_never_found_has_no_minimum_and_few_trials_say_so():
    assert power_curve(COUNTS, [20] * 6, [0] * 6).minimum() == Minimum(None, None, None)
    few = power_curve(COUNTS[:2], [2, 2], [2, 2]).minimum()
    assert few == Minimum(5, 5, None)


def test_a_dip_by_chance_is_smoothed():
    curve = power_curve(COUNTS[:3], [10, 10, 10], [9, 7, 10])
    assert curve.fitted.tolist() == pytest.approx([0.8, 0.8, 1.0])


def test_bounds_hold_at_the_stated_confidence():
    """95 % each, at any count; 1,200 draws miss a true 95 % by more than 2 % once in 700 runs."""
    power = np.array([0.05, 0.3, 0.7, 0.85, 0.97, 1.0])
    random = np.random.default_rng(1)
    held = np.zeros(6)
    for found in random.binomial(10, power, (1200, 6)):
        curve = power_curve(COUNTS, [10] * 6, found)
        held += (curve.low <= power + 1e-12) & (power <= curve.high + 1e-12)
    assert (held / 1200 >= 0.95).all()


def test_a_fall_beyond_chance_is_told():
    assert power_curve(COUNTS[:2], [20, 20], [15, 18]).monotone
    assert power_curve(COUNTS[:2], [20, 20], [18, 15]).monotone
    assert not power_curve(COUNTS[:2], [20, 20], [20, 0]).monotone
