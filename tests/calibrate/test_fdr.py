"""False discovery rates: the grid never rejects more than exact Benjamini-Hochberg."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from provender.calibrate.fdr import GRID, PValueCounts, benjamini_hochberg, named

P_VALUES = st.lists(
    st.floats(0, 1) | st.floats(0, 1e-4) | st.sampled_from([0.0, 1e-300, 1e-12, 1.0]), max_size=60
).map(lambda values: np.array(values, float))
RATES = st.sampled_from([0.001, 0.01, 0.05])


@given(P_VALUES, RATES)
def test_exact_bh_is_that_of_scipy(p_values, rate):
    expected = false_discovery_control(p_values) <= rate if len(p_values) else np.zeros(0, bool)
    close = np.isclose(false_discovery_control(p_values), rate) if len(p_values) else expected
    assert (benjamini_hochberg(p_values, rate) == expected)[~close].all()


@given(P_VALUES, RATES)
def test_the_grid_rejects_a_part_of_what_exact_bh_rejects(p_values, rate):
    threshold = PValueCounts.of(p_values).threshold(rate)
    assert set(np.flatnonzero(p_values <= threshold)) <= set(
        np.flatnonzero(benjamini_hochberg(p_values, rate))
    )


def test_the_grid_loses_little():
    rng = np.random.default_rng(5)
    p_values = np.concatenate([rng.random(5000), 10 ** -rng.uniform(4, 30, 300)])
    exact = benjamini_hochberg(p_values, 0.01).sum()
    assert (p_values <= PValueCounts.of(p_values).threshold(0.01)).sum() >= 0.98 * exact


@given(P_VALUES, P_VALUES)
def test_counts_merge(one, other):
    merged = PValueCounts.of(one).merge(PValueCounts.of(other))
    both = PValueCounts.of(np.concatenate([one, other]))
    assert (merged.counts == both.counts).all()


def test_uniform_p_values_are_rarely_rejected():
    rng = np.random.default_rng(1)
    runs = [PValueCounts.of(rng.random(2000)).threshold(0.01) >= 0 for _ in range(400)]
    assert np.mean(runs) <= 0.03, "under the null, any rejection has probability .01"


def test_unscored_rows_are_not_tests():
    counts = PValueCounts.of(np.array([np.nan, 0.5]))
    assert (counts.tested, counts.unscored) == (1, 1)
    assert PValueCounts.of(np.array([np.nan])).threshold(0.05) == -1.0


def test_a_p_value_of_zero_is_counted_below_every_other():
    counts = PValueCounts.of(np.array([0.0] * 5))
    assert counts.counts[0] == 5
    assert counts.threshold(0.01) == pytest.approx(0.01)
    assert GRID[0] == 0.0


@given(
    st.lists(st.floats(0, 1) | st.floats(0, 1e-3), max_size=60),
    st.floats(1e-6, 0.05),
)
def test_the_p_value_of_all_rows_is_the_least_rate_that_rejects_one(values, rate):
    counted = PValueCounts.of(np.array(values))
    rejects = counted.threshold(rate) >= 0
    if not np.isclose(counted.whole, rate, rtol=1e-9):
        assert rejects == (counted.whole <= rate)


@given(P_VALUES, RATES, RATES)
def test_what_is_named_is_all_that_is_rejected_or_nothing(p_values, rate, any_at):
    mask = named(p_values, rate, any_at)
    rejected = benjamini_hochberg(p_values, rate)
    assert (mask == (rejected if benjamini_hochberg(p_values, any_at).any() else False)).all()
    if any_at >= rate:
        assert (mask == rejected).all(), "a limit that is no stricter changes nothing"


def test_beside_one_that_stands_others_are_named_that_would_not_be_alone():
    weak, strong = np.array([0.004, *[0.5] * 9]), np.array([0.004, 1e-4, *[0.5] * 8])
    assert benjamini_hochberg(weak, 0.05)[0]
    assert not named(weak, 0.05, 0.01).any()
    assert named(strong, 0.05, 0.01).nonzero()[0].tolist() == [0, 1]


def test_names_on_clean_data_are_as_rare_as_any_may_be_named():
    rng = np.random.default_rng(8)
    clean = rng.random((20_000, 20))
    assert np.mean([named(one, 0.05, 0.01).any() for one in clean]) <= 0.0125
    assert np.mean([named(one, 0.05, 1.0).any() for one in clean]) >= 0.04
