"""The harmonic mean of p-values: between the least and Bonferroni, and a p-value at small rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from provender.calibrate.harmonic import harmonic

TESTS = st.lists(
    st.tuples(st.floats(1e-12, 1) | st.just(1.0), st.floats(0.01, 1)), min_size=1, max_size=30
)


def weighted(tests: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    p_value, weight = np.array(tests).T
    return p_value, p_value / (weight / weight.sum())


@given(TESTS)
def test_it_lies_between_the_least_and_what_bonferroni_says(tests):
    p_value, paid = weighted(tests)
    found = harmonic(paid[:, None])[0]
    assert p_value.min() * (1 - 1e-9) <= found <= min(paid.min(), 1) * (1 + 1e-9)


@given(TESTS, st.randoms())
def test_the_order_of_tests_and_more_that_say_nothing_change_little(tests, random):
    _, paid = weighted(tests)
    turned = random.sample(paid.tolist(), len(paid))
    assert harmonic(np.array(turned)[:, None]) == pytest.approx(harmonic(paid[:, None]))
    # Half the weight is given to as many tests that say nothing: it costs a factor of two at most.
    more = np.append(2 * paid, np.full(len(paid), 2.0 * len(paid)))
    assert harmonic(more[:, None])[0] <= 2 * harmonic(paid[:, None])[0] * (1 + 1e-9)


def test_p_values_of_one_make_one_and_agreeing_ones_pay_nothing():
    assert harmonic(np.full((8, 3), 8.0)) == pytest.approx(1)
    assert harmonic(np.full((8, 1), 8e-4)) == pytest.approx(1e-4)
    assert harmonic(np.array([[1e-4 * 8], *[[8.0]] * 7])) == pytest.approx(8e-4, rel=1e-2)


@pytest.mark.parametrize("lean", [0.0, 0.5, 0.9, 1.0])
def test_clean_data_fall_below_a_small_rate_no_more_often(lean):
    """Tests of one hypothesis that have nothing, something or all in common."""
    random = np.random.default_rng(6)
    own, shared = random.normal(size=(12, 400_000)), random.normal(size=400_000)
    p_value = norm.sf(np.sqrt(lean) * shared + np.sqrt(1 - lean) * own)
    found = harmonic(12 * p_value)
    for rate, most in ((0.01, 1.3), (0.001, 1.15)):
        assert (found <= rate).mean() <= most * rate + 2 * np.sqrt(rate / 400_000)
