"""How improbable it is that so many suspicious rows are of one source, or annotator.

Which rows of a label come from one has nothing to do with which rows are suspicious. Given the
suspicious rows and how many rows of each label it has, its suspicious rows of one label are a
hypergeometric number, those of all labels the sum of such numbers: both exact. Names differ by
nature: that is weakened by how much the others do (`calibrate.concentration`).

Tested are all labels together, and each apart: poison mostly has one target, among whose rows it
stands out while natural errors of other labels drown it. The sum pays twice, the labels share the
other half (weighted Bonferroni); those without `LEAST` suspicious rows in all are not tested.
"""

from __future__ import annotations

import numpy as np

from provender.calibrate.concentration import dispersed
from provender.detect.label_flips_tests import LEAST, LEAST_P

#: All labels, where a test is of one or of all.
ALL = -1


def budget(hits: np.ndarray) -> list[tuple[int, int]]:
    """Return what is tested and what a p-value of it is multiplied by: `ALL`, then labels.

    Args:
        hits: int64 (levels, names, classes), suspicious rows; more on each level.
    """
    labels = np.flatnonzero(hits[-1].sum(axis=0) >= LEAST).tolist()
    paid = 2 * len(hits)
    return [(ALL, paid), *((label, paid * len(labels)) for label in labels)]


def of_label(counts: np.ndarray, label: int) -> np.ndarray:
    """Return int64 (…, names, 1 or classes): the counts of one label, or of `ALL`."""
    return counts if label == ALL else counts[..., label : label + 1]


def p_values(hits: np.ndarray, totals: np.ndarray, times: int) -> np.ndarray:
    """Return float64 (levels, names), at most 1.

    Args:
        hits: int64 (levels, names, labels), suspicious rows.
        totals: int64 (names, labels), all rows.
        times: what tail probabilities are multiplied by.
    """
    found = [np.maximum(tails(counted, totals), nature(counted, totals)) for counted in hits]
    return np.asarray(np.clip(times * np.array(found), LEAST_P, 1.0))


def least_of(hits: np.ndarray, totals: np.ndarray, times: int, name: int) -> float:
    """Return the least of a name's `p_values`, without working out the others'."""
    least = 1.0
    for counted in hits:
        two = [np.stack([n[name], n.sum(axis=0) - n[name]]) for n in (counted, totals)]
        least = min(least, max(tails(*two)[0], nature(counted, totals)[name]) * times)
    return least


def tails(hits: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return float64 (names,): P(at least so many), by label hypergeometric, added up.

    Args:
        hits, totals: int64 (names, labels).
    """
    from scipy.stats import hypergeom

    everywhere, rows = hits.sum(axis=0), totals.sum(axis=0)
    found = np.ones(len(hits))
    expected = (totals * (everywhere / np.maximum(rows, 1))).sum(axis=1)
    count = hits.sum(axis=1)
    many = np.flatnonzero((count >= LEAST) & (count > expected))
    if hits.shape[1] == 1:
        found[many] = hypergeom.sf(count[many] - 1, rows[0], everywhere[0], totals[many, 0])
        return found
    for i in many:
        chance = np.ones(1)
        for y in np.flatnonzero((everywhere > 0) & (totals[i] > 0)):
            most = min(everywhere[y], totals[i, y])
            law = hypergeom.pmf(np.arange(most + 1), rows[y], everywhere[y], totals[i, y])
            chance = np.convolve(chance, law)
        found[i] = min(1.0, float(chance[count[i] :].sum()))
    return found


def nature(hits: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return float64 (names,): how often names that differ as the others do have so many.

    Args:
        hits, totals: int64 (names, labels).
    """
    found = np.zeros(len(hits))
    some = totals.sum(axis=1) > 0
    hits, totals = hits[some], totals[some]
    rows, count = totals.sum(axis=0), hits.sum(axis=1)
    expected = (totals * (hits.sum(axis=0) / np.maximum(rows, 1))).sum(axis=1)
    scaled = np.maximum(expected * rows.sum() / max(expected.sum(), 1e-9), 1e-9)
    found[some] = dispersed(count, scaled)
    return found
