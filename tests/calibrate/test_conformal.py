"""Ranks among the rows of a group are p-values, whatever the scores are distributed like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.calibrate.conformal import Ranks, split_p_values
from provender.stats.quantiles import ValueCounts


@given(
    scores=st.lists(st.integers(-9, 9), min_size=1, max_size=40),
    labels=st.integers(0, 2**40),
)
def test_a_rank_is_the_share_of_the_group_that_scores_at_least_so_much(scores, labels):
    score = np.array(scores, float)
    group = np.array([labels >> i & 1 for i in range(len(scores))])
    ranks = Ranks.of(group, score, np.ones(len(scores)), 2)
    expected = [(score[group == g] >= s).mean() for g, s in zip(group, score, strict=True)]
    assert ranks.p_values(group, score).tolist() == pytest.approx(expected)


@given(
    cells=st.lists(st.tuples(st.integers(0, 2), st.integers(-5, 5), st.integers(1, 9)), min_size=1)
)
def test_counted_rows_rank_as_if_each_were_listed(cells):
    group, score, rows = (np.array(values) for values in zip(*cells, strict=True))
    counted = Ranks.of(group, score.astype(float), rows, 3)
    listed = Ranks.of(*(np.repeat(v, rows) for v in (group, score.astype(float), rows**0)), 3)
    asked = np.arange(-6.0, 7.0)
    for g in range(3):
        same = np.full(len(asked), g)
        assert counted.p_values(same, asked) == pytest.approx(listed.p_values(same, asked))


def test_clean_rows_of_any_distribution_have_uniform_p_values():
    random = np.random.default_rng(4)
    group = random.integers(2, size=4000)
    score = np.where(group == 0, random.pareto(1.1, 4000), random.normal(size=4000))
    p_value = Ranks.of(group, score, np.ones(4000), 2).p_values(group, score)
    for rate in (0.01, 0.05, 0.5):
        assert (p_value <= rate).mean() == pytest.approx(rate, abs=0.001)


def test_a_group_without_reference_rows_says_nothing():
    ranks = Ranks.of(np.array([0, 0]), np.array([1.0, 2.0]), np.ones(2), 2)
    assert ranks.p_values(np.array([1]), np.array([9.0])).tolist() == [1.0]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_of_exchangeable_rows_at_most_so_many_rank_so_low(scores: list[int]) -> None:
    """Whichever of n + 1 rows is the one under test: exact, with ties, for any scores."""
    values = np.array(scores, float)
    p = [
        split_p_values(values[i : i + 1], ValueCounts.of(np.delete(values, i)))[0]
        for i in range(len(values))
        if len(values) > 1
    ]
    for t in np.unique(p):
        assert np.mean(np.array(p) <= t) <= t + 1e-12


def test_a_row_beyond_all_trusted_ones_has_the_least_p_value_there_is() -> None:
    trusted = ValueCounts.of(np.arange(99.0))
    assert split_p_values(np.array([1000.0, 98.0, -1.0]), trusted).tolist() == [0.01, 0.02, 1.0]


def test_without_trusted_rows_nothing_is_said() -> None:
    assert np.isnan(split_p_values(np.array([1.0]), ValueCounts.empty())).all()
