from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from provender.detect.label_flips_gathering import (
    ALL,
    budget,
    least_of,
    nature,
    of_label,
    p_values,
    tails,
)

NAMES, CLASSES = 20, 6


def natural(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Suspicious rows (2 levels, names, classes) that are drawn from all rows, and all rows."""
    random = np.random.default_rng(seed)
    totals = random.integers(20, 40, size=(NAMES, CLASSES))
    deep = np.stack(
        [random.multivariate_hypergeometric(rows, 6) for rows in totals.T.tolist()], axis=1
    )
    more = np.stack(
        [random.multivariate_hypergeometric(rows, 20) for rows in (totals - deep).T.tolist()],
        axis=1,
    )
    return np.stack([deep, deep + more]), totals


def least(hits: np.ndarray, totals: np.ndarray) -> np.ndarray:
    found = [p_values(of_label(hits, y), of_label(totals, y), n) for y, n in budget(hits)]
    return np.min([p.min(axis=0) for p in found], axis=0)


@given(
    hits=st.lists(st.integers(0, 6), min_size=2, max_size=4),
    more=st.lists(st.integers(0, 20), min_size=5, max_size=5),
)
def test_with_one_label_a_sources_tail_is_the_hypergeometric(hits, more):
    found = np.array([[8], *([h] for h in hits)])
    totals = found + np.array(more)[: len(found), None]
    all_rows, everywhere = int(totals.sum()), int(found.sum())
    expected = hypergeom.sf(7, all_rows, everywhere, int(totals[0, 0]))
    below = everywhere * totals[0, 0] / all_rows >= 8  # no more than is expected: not worked out
    beside = np.zeros_like(found)
    for counts in ((found, totals), (np.hstack([found, beside]), np.hstack([totals, beside]))):
        assert tails(*counts)[0] == (1.0 if below else pytest.approx(expected))


def test_a_sources_tail_adds_labels_up_as_random_draws_do():
    hits, totals = np.array([[4, 3], [2, 6]]), np.array([[10, 12], [30, 25]])
    random = np.random.default_rng(1)
    drawn = random.hypergeometric(6, 34, 10, 200_000) + random.hypergeometric(9, 28, 12, 200_000)
    assert tails(hits, totals)[0] == pytest.approx((drawn >= 7).mean(), abs=0.003)


def test_all_together_and_each_label_share_what_a_false_alarm_may_cost():
    hits = natural(0)[0]
    hits[:, :, 2] = 0
    hits[1, 0, 2] = 4
    times = dict(budget(hits))
    assert set(times) == {ALL, 0, 1, 3, 4, 5}, "a label with four suspicious rows is not tested"
    assert sum(len(hits) / n for n in times.values()) == pytest.approx(1)


def test_flips_to_one_label_stand_out_among_its_rows_where_errors_of_others_drown_them():
    hits, totals = natural(1)
    planted, errors = hits.copy(), totals // 3
    errors[:, 4] = 0
    planted[1] += errors
    totals = totals + errors + 10 * np.eye(NAMES, CLASSES, 4, dtype=np.int64)[[0] * NAMES]
    planted[:, 7, 4] += 8
    by_all = p_values(planted, totals, 2 * len(planted)).min(axis=0)
    assert by_all[7] > 1e-4
    found = least(planted, totals)
    assert found[7] < 1e-4
    assert np.delete(found, 7).min() > 0.01


def test_clean_sources_pass_both_tests():
    found = np.array([least(*natural(seed)).min() * NAMES for seed in range(2, 102)])
    assert (found <= 0.05).mean() <= 0.05


def test_one_of_sources_that_differ_in_one_label_by_nature_does_not_stand():
    hits, totals = natural(0)
    totals = totals + 80
    hits[1, :, 3] += np.random.default_rng(2).integers(0, 48, size=NAMES)
    worst = int(hits[1, :, 3].argmax())
    assert tails(hits[1, :, 3:4], totals[:, 3:4])[worst] < 1e-4
    assert least(hits, totals).min() > 0.01


def test_names_without_rows_of_a_label_tell_nothing_of_how_the_others_differ():
    hits, totals = (counts[1] if counts.ndim == 3 else counts for counts in natural(3))
    hits[:8, :1] += 12
    totals[:8, :1] += 12
    two = [np.vstack([counts[:, :1], np.zeros((50, 1), np.int64)]) for counts in (hits, totals)]
    assert nature(*two)[:NAMES] == pytest.approx(nature(hits[:, :1], totals[:, :1]))
    assert (nature(*two)[NAMES:] == 0).all()


def test_the_least_p_value_of_one_is_that_of_all():
    hits, totals = natural(4)
    hits[:, 7, 4] += 8
    for label, times in budget(hits):
        mine, rows = of_label(hits, label), of_label(totals, label)
        whole = times * np.maximum([tails(h, rows) for h in mine], [nature(h, rows) for h in mine])
        assert least_of(mine, rows, times, 7) == pytest.approx(min(whole[:, 7].min(), 1.0))
