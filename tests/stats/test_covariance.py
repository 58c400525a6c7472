"""Moments: what numpy says, to the last bit, in any order."""

from __future__ import annotations

import numpy as np

from provender.stats.covariance import WIDEST, Moments, merged, pack_moments, unpack_moments

FEATURES = np.random.default_rng(0).integers(-WIDEST, WIDEST + 1, (500, 7)).astype(np.float64)


def test_moments_agree_with_numpy() -> None:
    moments = Moments.of(FEATURES)
    whole = FEATURES.astype(np.int64)
    assert np.array_equal(moments.products, whole.T @ whole)
    covariance = moments.scatter(moments.mean()) / (moments.rows - 1)
    assert np.allclose(covariance, np.cov(FEATURES.T))


def test_any_order_gives_the_same_bytes() -> None:
    shuffled = np.random.default_rng(1).permutation(FEATURES)
    whole = pack_moments({("a", 7, 0): Moments.of(FEATURES)})
    parts = [{("a", 7, 0): Moments.of(part)} for part in np.array_split(shuffled, 9)]
    assert pack_moments(merged(parts)) == whole
    assert pack_moments(unpack_moments(whole)) == whole
