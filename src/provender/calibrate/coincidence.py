"""How likely is it that equal records are equal by chance?

Null: records are independent draws; of their plain columns, the most varied one, a, is
independent of the others taken together (which may depend on each other as they like); the words
of a long text and the elements of a long list are independent of each other and of everything.
Then for a record with s such words and elements the expected number of m-tuples of further
records equal to it is

    E C(X, m) = C(n - 1, m) * S_a(m + 1) * S_rest(m + 1) * S_word(m + 1)^s,   S(t) = sum_v p(v)^t

and Markov's inequality on C(X, j) bounds the chance of k - 1 or more further copies:

    P(X >= k - 1) <= min over j <= k - 1 of E C(X, j) / C(k - 1, j).

Frequencies are measured in the data itself, copies included, by counting in hash buckets. For
plain columns and m = 1 the buckets' own collisions are taken off and three standard errors put
on (the second moment sketch of Alon, Matias & Szegedy 1999); everything else is an upper bound
as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

_ORDERS = np.arange(1, 9)  # the m of the bound


@dataclass(frozen=True)
class Coincidence:
    """The null model of one data set.

    Attributes:
        rows: records drawn.
        cells: float64 (8,), natural log of S_a * S_rest for m = 1…8.
        atoms: float64 (8,), natural log of S_word; of the most repetitive such column.
    """

    rows: int
    cells: np.ndarray
    atoms: np.ndarray

    @staticmethod
    def of(rows: int, plain: np.ndarray, rests: np.ndarray, running: np.ndarray) -> Coincidence:
        """Measure the null.

        Args:
            rows: records drawn.
            plain: int64 (columns, buckets), cells of each plain column counted by hash bucket.
            rests: int64 (columns, buckets), records counted by a hash of all plain cells but
                that column's.
            running: int64 (columns, buckets), words or elements of each other column.
        """
        cells = np.zeros(len(_ORDERS))
        if len(plain) and rows > 1:
            alone = _power_sums(plain)
            alone[0] = _partners(plain, rows)
            others = _power_sums(rests)
            others[0] = _partners(rests, rows)
            most_varied = int(alone[0].argmin())
            cells = np.log(alone[:, most_varied]) + np.log(others[:, most_varied])
        spoken = running[running.any(axis=1)]
        atoms = np.log(_power_sums(spoken)).max(axis=1) if len(spoken) else np.zeros(len(_ORDERS))
        return Coincidence(rows, cells, atoms)

    def p_value(self, copies: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """Bound the chance that a record is met ``copies`` times or more in all.

        Args:
            copies: int64 (records,), at least 2.
            sizes: int64 (records,), words and elements in the record's long cells.

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


def _power_sums(counts: np.ndarray) -> np.ndarray:
    """Return float64 (orders, columns): sum of shares to the power of m + 1, over buckets."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    return np.array([(shares ** (m + 1)).sum(axis=1) for m in _ORDERS])


def _partners(counts: np.ndarray, rows: int) -> np.ndarray:
    """Return float64 (columns,): chance that another row has a row's value, bounded from above."""
    buckets = counts.shape[1]
    error = np.sqrt(2 / buckets)
    met = ((counts / rows) ** 2).sum(axis=1)
    second_moment = np.maximum((met - 1 / buckets) / (1 - 1 / buckets), 1 / rows)
    bound = (rows * second_moment * (1 + 3 * error) - 1) / (rows - 1)
    return np.asarray(np.minimum(bound, 1.0))


def _log_choose(n: np.ndarray | np.float64, k: np.ndarray) -> np.ndarray:
    """Return ln C(n, k); -inf where k > n."""
    enough = np.maximum(n, k)
    value = gammaln(enough + 1) - gammaln(k + 1) - gammaln(enough - k + 1)
    return np.where(n >= k, value, -np.inf)
