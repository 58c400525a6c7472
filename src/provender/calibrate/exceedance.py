"""Do more rows lie beyond the trusted ones than so many would by chance? (exact)

Null: a group's m rows and its n trusted rows are exchangeable, so that their scores together are
in random order. Then k rows or more lie beyond the r-th highest trusted score exactly when of the
k + r - 1 highest of all at most r - 1 are trusted, and that number is hypergeometric (tests by
exceedances: Epstein 1954, Annals of Mathematical Statistics 25). A row at the trusted score itself
does not count, so ties only raise p-values.

A row's share in it: by exchangeability each of the m rows is as likely as another to lie beyond.
Let K be their number, of mean e = m r / (n + 1), and P its p-value. Then E[K; K >= k] is
P(K >= k) times k plus the mean excess over k, which of a log-concave number such as K is at most e.
So P (K + e) / m of a row beyond, 1 of the others, is a valid p-value of that row, and
Benjamini-Hochberg at q over the rows of many groups flags any row of clean data with probability q
at most.

It sees what no p-value of a single row can: the least of those is 1 / (n + 1), which of m rows
some m / (n + 1) have by chance; but twenty rows beyond all of as many trusted ones as there are
rows have 2^-20.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from provender.stats.quantiles import ValueCounts

#: At most this share of the trusted rows is looked beyond: more is another body, not a tail.
DEEPEST = 0.05
#: So many times the rows expected by chance must lie beyond: else many that are listed are clean.
LEAST_EXCESS = 4


@dataclass(frozen=True)
class Beyond:
    """The rows of a group that lie beyond a trusted score.

    Attributes:
        cut: they score more than this.
        rows: how many.
        expected: how many would by chance.
        p_value: of so many, times the cuts that were tried.
        row_p_value: of each of these rows.
        trusted, tested: the group's trusted rows, and rows.
    """

    cut: float
    rows: int
    expected: float
    p_value: float
    row_p_value: float
    trusted: int
    tested: int


def beyond(rows: ValueCounts, trusted: ValueCounts) -> Beyond:
    """Return the least likely number of rows beyond the 1st, 2nd, 4th, … highest trusted score.

    Bonferroni over these cuts, down to `DEEPEST`; a cut with fewer than `LEAST_EXCESS` times the
    rows expected has p-value 1. Both must hold a row.
    """
    m, n = rows.total, trusted.total
    ranks = 2 ** np.arange(1 + int(np.log2(max(1, DEEPEST * n))))
    above = np.cumsum(trusted.counts[::-1])[::-1]
    cuts = trusted.values()[np.searchsorted(-above, -ranks, side="right") - 1]
    over = np.concatenate((np.cumsum(rows.counts[::-1])[::-1], [0]))
    found = over[np.searchsorted(rows.values(), cuts, side="right")]
    tail = hypergeom.cdf(ranks - 1, n + m, n, found + ranks - 1)
    means = m * ranks / (n + 1)
    tail = np.where(found >= LEAST_EXCESS * means, tail, 1.0)
    best = int(np.argmin(tail))
    p_value = min(1.0, float(tail[best]) * len(ranks))
    expected = float(means[best])
    row = min(1.0, float(tail[best]) * len(ranks) * (float(found[best]) + expected) / m)
    return Beyond(float(cuts[best]), int(found[best]), expected, p_value, row, n, m)
