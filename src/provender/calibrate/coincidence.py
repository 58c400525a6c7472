"""How likely is it that equal records are equal by chance?

Null: records are independent draws, their columns are independent of each other, and so are the
words of a text and the elements of a list. A record's expected number of m-tuples of further
records equal to it is then

    E C(X, m) = C(n - 1, m) * prod over plain columns of sum_v p(v)^(m + 1)
                            * (sum_w p(w)^(m + 1)) ^ (words and elements in the record)

and Markov's inequality on C(X, j) bounds the chance of k - 1 or more further copies:

    P(X >= k - 1) <= min over j <= k - 1 of E C(X, j) / C(k - 1, j).

Frequencies come from hash buckets, which can only make values look more common, and include the
copies themselves: both err on the side of chance. No constant is fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

_ORDERS = np.arange(1, 9)  # the j of the bound


@dataclass(frozen=True)
class Coincidence:
    """The null model of one data set.

    Attributes:
        rows: records drawn.
        cells: float64 (8,), natural log of prod sum p^(j + 1) over plain columns, j = 1…8.
        atoms: float64 (8,), the same per word or element; of the most repetitive such column.
    """

    rows: int
    cells: np.ndarray
    atoms: np.ndarray

    @staticmethod
    def of(rows: int, counts: np.ndarray, running: np.ndarray) -> Coincidence:
        """Measure the null.

        Args:
            rows: records drawn.
            counts: int64 (columns, buckets), cells (or words, elements) counted by hash bucket.
            running: bool (columns,), whether a column is counted by words or elements.
        """
        totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
        shares = counts / totals
        power_sums = np.array([(shares ** (j + 1)).sum(axis=1) for j in _ORDERS])
        logs = np.log(np.where(counts.any(axis=1), power_sums, 1.0))
        atoms = logs[:, running].max(axis=1) if running.any() else np.zeros(len(_ORDERS))
        return Coincidence(rows, logs[:, ~running].sum(axis=1), atoms)

    def p_value(self, copies: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Bound the chance that a record is met ``copies`` times or more in all.

        Args:
            copies: int64 (records,), at least 2.
            sizes: int64 (records,), words and list elements in the record.

        Returns:
            float64 (records,).
        """
        further = np.asarray(copies, np.float64)[:, None] - 1
        tuples = _log_choose(np.float64(self.rows - 1), _ORDERS)
        expected = tuples + self.cells + np.asarray(sizes)[:, None] * self.atoms
        usable = further >= _ORDERS
        ways = _log_choose(np.maximum(further, _ORDERS), _ORDERS)
        log_p = np.where(usable, expected - ways, 0.0).min(axis=1)
        return np.asarray(np.exp(np.minimum(log_p, 0.0)))


def _log_choose(n: np.ndarray | np.float64, k: np.ndarray) -> np.ndarray:
    """Return ln C(n, k); -inf where k > n."""
    enough = np.maximum(n, k)
    value = gammaln(enough + 1) - gammaln(k + 1) - gammaln(enough - k + 1)
    return np.where(n >= k, value, -np.inf)
