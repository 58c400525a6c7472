"""Rows beyond the trusted ones: an exact tail, and a valid p-value for each of them."""

from __future__ import annotations

import numpy as np
import pytest

from provender.calibrate.exceedance import beyond
from provender.stats.quantiles import ValueCounts

TRIALS = 4000


def drawn(random: np.random.Generator, rows: int, steps: int) -> ValueCounts:
    return ValueCounts.of(random.integers(steps, size=rows).astype(float))


def test_twenty_rows_beyond_all_trusted_ones_are_no_accident() -> None:
    trusted = ValueCounts.of(np.arange(1000.0))
    rows = ValueCounts.of(np.concatenate((np.arange(980.0), np.full(20, 2000.0))))
    found = beyond(rows, trusted)
    assert (found.cut, found.rows) == (999.0, 20)
    assert found.p_value == pytest.approx(6 * 0.5**20, rel=0.2)
    assert found.expected == pytest.approx(1000 / 1001)


def test_rows_at_the_highest_trusted_score_are_not_beyond_it() -> None:
    same = ValueCounts.of(np.full(300, 7.0))
    assert beyond(same, same).rows == 0
    assert beyond(same, same).p_value == 1.0


@pytest.mark.parametrize(("m", "n"), [(400, 100), (200, 200), (100, 1000)])
@pytest.mark.parametrize("steps", [10, 10**6], ids=["ties", "no ties"])
def test_p_values_of_clean_data_are_at_most_as_low_as_chance(m: int, n: int, steps: int) -> None:
    random = np.random.default_rng([m, n, steps])
    found = [beyond(drawn(random, m, steps), drawn(random, n, steps)) for _ in range(TRIALS)]
    whole = np.array([f.p_value for f in found])
    for t in (0.01, 0.05, 0.2):
        assert (whole <= t).mean() <= t + 3 * (t / TRIALS) ** 0.5
    # Of one row: it lies beyond in a share rows / m of the draws.
    for t in (0.0005, 0.002, 0.01):
        low = np.mean([f.rows / m if f.row_p_value <= t else 0.0 for f in found])
        assert low <= t + 3 * (t / TRIALS) ** 0.5, t


def test_more_rows_beyond_are_never_more_likely() -> None:
    trusted = ValueCounts.of(np.arange(500.0))
    p_values = []
    for count in (1, 3, 10, 30, 100):
        rows = np.concatenate((np.arange(400.0), np.full(count, 600.0)))
        p_values.append(beyond(ValueCounts.of(rows), trusted).p_value)
    assert p_values == sorted(p_values, reverse=True)
