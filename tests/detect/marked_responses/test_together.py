"""What two or three contributors plant alike, and contributors who differ by nature."""

import numpy as np
import pytest

from provender.calibrate.concentration import gathering
from provender.detect.marked_responses.together import standing_out


def drawn(share: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Marked rows and all rows of 20 contributors."""
    rows = random.poisson(300, 20) + 1
    return random.binomial(rows, share), rows


@pytest.mark.parametrize("planters", [2, 3])
def test_planters_are_told_where_each_against_the_others_is_not(planters):
    hits, rows = drawn(np.full(20, 0.002), np.random.default_rng(0))
    hits[:planters] += 20
    assert gathering(hits, rows)[:planters].min() > 1e-3
    found = standing_out(hits, rows) * 20
    assert found[:planters].max() < 1e-6
    assert found[planters:].min() > 0.05


def test_one_alone_costs_a_tenth_of_its_surprise():
    hits, rows = drawn(np.full(20, 0.002), np.random.default_rng(1))
    hits[3] += 10
    assert standing_out(hits, rows)[3] == pytest.approx(gathering(hits, rows)[3] / 0.9)


@pytest.mark.parametrize("shape", [0.5, 1.0, 20.0])
def test_contributors_who_differ_by_nature_are_rarely_named(shape):
    random = np.random.default_rng(2)
    named = 0
    for _ in range(60):
        hits, rows = drawn(np.minimum(random.gamma(shape, 0.02 / shape, 20), 1), random)
        named += bool((standing_out(hits, rows) * 20).min() <= 0.01)
    assert named <= 4


def test_no_marks_and_few_names_are_as_before():
    rows = np.full(20, 300)
    assert (standing_out(np.zeros(20, int), rows) == 1).all()
    hits, few = np.array([20, 20, 0, 0]), np.full(4, 300)
    assert np.allclose(standing_out(hits, few), np.minimum(gathering(hits, few) / 0.9, 1))
