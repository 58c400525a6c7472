"""The coincidence bound: it holds under its own null, and real copies are far below it."""

from __future__ import annotations

import numpy as np
import pytest

from provender.calibrate.coincidence import Coincidence

NO_RUNNING = np.zeros(2, bool)


def _counts(columns: np.ndarray, buckets: int) -> np.ndarray:
    return np.array([np.bincount(c, minlength=buckets) for c in columns.T])


@pytest.mark.parametrize(("values", "columns"), [(3, 2), (30, 2), (50, 3), (100, 3)])
def test_p_values_hold_under_the_null(values: int, columns: int) -> None:
    random = np.random.default_rng(3)
    skewed = random.dirichlet(np.ones(values), size=columns)
    p_values = []
    for _ in range(20):
        rows = np.stack([random.choice(values, 2000, p=p) for p in skewed], axis=1)
        _, group, sizes = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        copies = sizes[group.reshape(-1)]
        null = Coincidence.of(2000, _counts(rows, values), np.zeros(columns, bool))
        p = null.p_value(np.maximum(copies, 2), np.zeros(2000, np.int64))
        p_values.append(np.where(copies > 1, p, 1.0))
    found = np.concatenate(p_values)
    for level in (0.05, 0.01, 0.001):
        assert (found <= level).mean() <= level


def test_one_pair_of_independent_fair_coins_is_no_surprise_and_rare_values_are() -> None:
    coins = Coincidence.of(100, np.array([[50, 50], [50, 50]]), NO_RUNNING)
    assert (coins.p_value(np.array([2, 26, 30]), np.zeros(3, np.int64)) > 0.5).all()
    unique = Coincidence.of(1000, np.ones((2, 1000), np.int64), NO_RUNNING)
    pair = unique.p_value(np.array([2]), np.zeros(1, np.int64))[0]
    assert pair == pytest.approx(999 / 1000**2)


def test_more_copies_and_longer_texts_are_never_likelier() -> None:
    counts = np.random.default_rng(4).integers(1, 50, (3, 64))
    null = Coincidence.of(5000, counts, np.array([False, True, False]))
    copies = np.arange(2, 60)
    assert (np.diff(null.p_value(copies, np.ones(58, np.int64))) <= 0).all()
    sizes = np.arange(60)
    assert (np.diff(null.p_value(np.full(60, 2), sizes)) <= 0).all()


def test_a_column_without_any_word_says_nothing() -> None:
    counts = np.array([[4, 4], [0, 0]])
    null = Coincidence.of(8, counts, np.array([False, True]))
    assert null.p_value(np.array([2]), np.array([0])).tolist() == [1.0]
