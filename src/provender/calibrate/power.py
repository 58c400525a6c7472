"""How often poison is found, by how much of it there is; and the least that is found mostly.

Power is taken to grow with the count of planted rows, nothing else is assumed:

* the curve is the isotonic least-squares fit to the found shares, weighted by trials (Barlow,
  Bartholomew, Bremner and Brunk 1972, "Statistical Inference under Order Restrictions");
* its bounds are exact binomial limits (Clopper and Pearson 1934, Biometrika 26). Trials at smaller
  counts can only lower the share that is found, those at larger counts only raise it; so the
  trials of a count may be pooled with those of the counts next below it for the lower bound, and
  next above it for the upper one. The best of these bounds holds at the stated confidence after
  Bonferroni over the counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import beta

#: A minimum detectable count is found in this share of the trials.
POWER = 0.8
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Minimum:
    """The least count that is found with the wanted power, among the counts that were tried.

    Attributes:
        count: the smallest whose fitted power reaches it; None where none does.
        low: the smallest whose power may reach it; None where no count's may.
        high: the smallest whose power surely reaches it; None where the trials cannot tell.
    """

    count: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True)
class PowerCurve:
    """Attributes:
    counts: planted rows, ascending.
    trials, found: int64 (counts,).
    fitted, low, high: float64 (counts,), power and its bounds, each count by itself.
    """

    counts: tuple[int, ...]
    trials: np.ndarray
    found: np.ndarray
    fitted: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def monotone(self) -> bool:
        """Whether no bounds contradict each other: else power falls with the count somewhere."""
        return bool((self.low <= self.high).all())

    def minimum(self, power: float = POWER) -> Minimum:
        """Return the least count that is found with this power."""
        return Minimum(
            self._first(self.fitted >= power - 1e-9),
            self._first(self.high >= power),
            self._first(self.low >= power),
        )

    def _first(self, reached: np.ndarray) -> int | None:
        return self.counts[int(np.argmax(reached))] if reached.any() else None


def power_curve(
    counts: Sequence[int],
    trials: Sequence[int],
    found: Sequence[int],
    confidence: float = CONFIDENCE,
) -> PowerCurve:
    """Fit a curve to ``found`` of ``trials`` (at least one each) at ``counts`` (ascending)."""
    n, k = np.asarray(trials, np.int64), np.asarray(found, np.int64)
    tail = (1.0 - confidence) / 2.0 / max(len(counts), 1)
    fitted = isotonic_regression(k / n, weights=n).x if len(n) else np.zeros(0)
    sums_n, sums_k = (np.concatenate(([0], np.cumsum(values))) for values in (n, k))
    low, high = np.zeros(len(n)), np.ones(len(n))
    for j in range(len(n)):
        below_n, below_k = sums_n[j + 1] - sums_n[: j + 1], sums_k[j + 1] - sums_k[: j + 1]
        above_n, above_k = sums_n[j + 1 :] - sums_n[j], sums_k[j + 1 :] - sums_k[j]
        low[j] = _lower(below_k, below_n, tail).max()
        high[j] = 1.0 - _lower(above_n - above_k, above_n, tail).max()
    return PowerCurve(tuple(counts), n, k, fitted, low, high)


def _lower(found: np.ndarray, trials: np.ndarray, tail: float) -> np.ndarray:
    """Return the Clopper-Pearson lower limits."""
    limit = beta.ppf(tail, np.maximum(found, 1), trials - found + 1)
    return np.where(found > 0, limit, 0.0)
