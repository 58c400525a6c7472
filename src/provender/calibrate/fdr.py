"""False discovery rate control that merges: Benjamini-Hochberg over counts on a fixed grid.

Sorting all p-values of a data set needs memory that grows with its rows. Counting them on a
fixed logarithmic grid does not, and BH evaluated only at grid points is BH with its threshold
rounded down: it never rejects more.
(Benjamini & Hochberg 1995; grid form: Storey, Taylor & Siegmund 2004, with pi0 = 1.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_DECADES, _PER_DECADE = 300, 20
#: Upper edges of the cells, ascending: 1e-300 … 1.
GRID = np.concatenate(
    ([0.0], 10.0 ** (np.arange(-_DECADES * _PER_DECADE, 1, dtype=np.float64) / _PER_DECADE))
)
#: Only rows whose p-value is at most this are kept beside the counts; no rate above it is allowed.
KEEP_BELOW = 0.05


@dataclass(frozen=True)
class PValueCounts:
    """How many p-values fell in each grid cell.

    Attributes:
        counts: int64 (len(GRID),): cell i holds GRID[i-1] < p <= GRID[i].
        unscored: rows for which no p-value could be given (NaN).
    """

    counts: np.ndarray
    unscored: int = 0

    @staticmethod
    def of(p_values: np.ndarray) -> PValueCounts:
        """Count ``p_values`` (float64, NaN where none could be given)."""
        known = p_values[~np.isnan(p_values)]
        cells = np.searchsorted(GRID, np.clip(known, 0.0, 1.0), side="left")
        counts = np.bincount(cells, minlength=len(GRID)).astype(np.int64)
        return PValueCounts(counts, len(p_values) - len(known))

    def merge(self, other: PValueCounts) -> PValueCounts:
        """Return the counts of both."""
        return PValueCounts(self.counts + other.counts, self.unscored + other.unscored)

    @property
    def tested(self) -> int:
        """Number of p-values counted."""
        return int(self.counts.sum())

    def threshold(self, rate: float) -> float:
        """Return the largest grid point t with t * tested <= rate * (number of p <= t).

        Rejecting every p <= t keeps the expected share of false rejections at or below
        ``rate`` when the p-values are valid and independent or positively dependent.
        -1.0 when nothing may be rejected.
        """
        tested = self.tested
        if not tested:
            return -1.0
        passed = np.cumsum(self.counts)
        good = (tested * GRID <= rate * passed) & (passed > 0) & (GRID <= KEEP_BELOW)
        return float(GRID[np.flatnonzero(good)[-1]]) if good.any() else -1.0

    @property
    def whole(self) -> float:
        """The p-value of all rows together: the least rate at which one of them is rejected.

        Valid under the null that no row is anything but natural (Simes 1986, Biometrika 73).
        """
        passed = np.cumsum(self.counts)
        some = (passed > 0) & (GRID <= KEEP_BELOW)
        if not some.any():
            return 1.0
        return float(min((self.tested * GRID[some] / passed[some]).min(), 1.0))


def named(p_values: np.ndarray, rate: float, any_at: float) -> np.ndarray:
    """Return the mask of what Benjamini-Hochberg rejects at ``rate``, if it does any at ``any_at``.

    Where nothing is but natural, anything is named with probability ``any_at`` at most (Simes
    1986); what is, is false for a share ``rate`` at most.
    """
    rejected = benjamini_hochberg(p_values, rate)
    return rejected & benjamini_hochberg(p_values, any_at).any()


def benjamini_hochberg(p_values: np.ndarray, rate: float) -> np.ndarray:
    """Return the mask of rejected hypotheses, for the few tests that fit in memory (exact BH)."""
    count = len(p_values)
    if not count:
        return np.zeros(0, bool)
    order = np.argsort(p_values, kind="stable")
    passing = p_values[order] <= rate * np.arange(1, count + 1) / count
    rejected = np.zeros(count, bool)
    if passing.any():
        rejected[order[: np.flatnonzero(passing)[-1] + 1]] = True
    return rejected
