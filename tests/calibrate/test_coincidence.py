"""The coincidence bound: it holds under its own null, and real copies are far below it."""

from __future__ import annotations

import numpy as np
import pytest

from provender.calibrate.coincidence import Coincidence
from provender.stats.cell_hash import fold, mix
from provender.stats.keyed_rows import bucket_counts

BUCKETS = 4096
NOTHING = np.zeros((0, BUCKETS), np.int64)


def _null(rows: np.ndarray) -> Coincidence:
    """Measure the null on integer cells (rows, columns), all plain."""
    count, columns = rows.shape
    own, rests = [], []
    for j in range(columns):
        others = np.delete(rows, j, axis=1).astype(np.uint64)
        hashes = fold(others.reshape(-1), np.full(count, columns - 1))
        rests.append(bucket_counts(hashes, BUCKETS))
        own.append(bucket_counts(mix(rows[:, j].astype(np.uint64)), BUCKETS))
    return Coincidence.of(count, np.array(own), np.array(rests), NOTHING)


def _p_values(rows: np.ndarray) -> np.ndarray:
    _, group, sizes = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    copies = sizes[group.reshape(-1)]
    p_values = _null(rows).p_value(np.maximum(copies, 2), np.zeros(len(rows), np.int64))
    return np.where(copies > 1, p_values, 1.0)


@pytest.mark.parametrize(("values", "columns"), [(3, 2), (30, 2), (50, 3), (100, 3)])
def test_p_values_hold_for_independent_columns(values: int, columns: int) -> None:
    random = np.random.default_rng(3)
    skewed = random.dirichlet(np.ones(values), size=columns)
    draws = [
        np.stack([random.choice(values, 2000, p=p) for p in skewed], axis=1) for _ in range(20)
    ]
    found = np.concatenate([_p_values(rows) for rows in draws])
    for level in (0.05, 0.01, 0.001):
        assert (found <= level).mean() <= level


def test_p_values_hold_where_all_columns_but_one_hang_together() -> None:
    random = np.random.default_rng(4)
    route = random.integers(0, 400, (20, 2000))
    free = random.integers(0, 600, (20, 2000))
    found = np.concatenate(
        [
            _p_values(np.stack([r, r // 3, r % 7, f], axis=1))
            for r, f in zip(route, free, strict=True)
        ]
    )
    assert ((found < 1).mean()) > 0.001
    for level in (0.05, 0.01, 0.001):
        assert (found <= level).mean() <= level


def test_copies_of_varied_records_are_beyond_chance() -> None:
    random = np.random.default_rng(5)
    rows = random.integers(0, 3000, (4000, 4))
    rows[100] = rows[3000] = rows[7]
    found = _p_values(rows)
    assert (found[[7, 100, 3000]] < 1e-5).all()
    assert (np.delete(found, [7, 100, 3000]) == 1).all()


def test_fair_coins_that_fall_alike_are_no_surprise() -> None:
    coins = np.stack([np.arange(100) % 2, np.arange(100) // 2 % 2], axis=1)
    p_values = _null(coins).p_value(np.array([2, 25, 30]), np.zeros(3, np.int64))
    assert (p_values > 0.5).all()


def test_a_single_column_explains_its_own_repeats() -> None:
    rows = np.arange(1000)[:, None] // 2
    p_values = _null(rows).p_value(np.array([2]), np.zeros(1, np.int64))
    assert p_values[0] > 0.5


def test_more_copies_and_longer_texts_are_never_likelier() -> None:
    random = np.random.default_rng(6)
    counts = random.multinomial(5000, np.full(64, 1 / 64), size=2)
    words = random.integers(1, 50, (1, 64))
    null = Coincidence.of(5000, counts, counts[::-1], words)
    copies = np.arange(2, 60)
    assert (np.diff(null.p_value(copies, np.ones(58, np.int64))) <= 0).all()
    sizes = np.arange(60)
    assert (np.diff(null.p_value(np.full(60, 2), sizes)) <= 0).all()


def test_columns_without_any_word_and_single_rows_say_nothing() -> None:
    silent = np.zeros((1, BUCKETS), np.int64)
    null = Coincidence.of(8, NOTHING, NOTHING, silent)
    assert null.p_value(np.array([2]), np.array([0])).tolist() == [1.0]
    assert Coincidence.of(1, silent, silent, NOTHING).cells.tolist() == [0.0] * 8
