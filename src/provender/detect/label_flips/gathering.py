"""How improbable it is that rows so suspicious are of one source, or annotator.

Which rows of a label come from one has nothing to do with which rows are suspicious. In a group of
rows whose rival wins, each is worth the more the fewer are more suspicious (`worth`): the bounded
log of a likelihood ratio, with no threshold. Given how many rows of each label a name has, each row
is its own with the chance of its share of the row's label, and the worth of its rows is a sum
whose law is convolved from that: exact for draws with replacement, and wider than that of draws
without (Hoeffding 1963). Names differ by nature: the tail is weakened by how much the others do
(`calibrate.concentration`).

Tested are all rows; those of each label; and those of each label and rival. Poison mostly has one
target, and one origin, and natural errors of the others drown it. Each of the three kinds has a
third of the rate, which its groups share (weighted Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.calibrate.concentration import dispersed
from provender.detect.label_flips.tests import LEAST, LEAST_P

#: Every label, or every rival.
ALL = -1
#: A row that this many are at least as suspicious as is worth one doubling. It is the fewest that
#: a finding may have; with 8 as many planted sources were found.
HALF = LEAST
#: Worth is counted in steps of 1 / STEPS of a doubling: no row is worth more than 10 steps, and
#: those that more than 55 others are more suspicious than are worth none.
STEPS = 4


@dataclass(frozen=True)
class Suspicious:
    """Rows whose rival wins, some of one name and of one score together.

    Attributes:
        name, label, rival: int64 (n,), numbers.
        score: float64 (n,), log odds that the rival would be right.
        weight: float64 (n,), rows; copies of a text under one label count once.
    """

    name: np.ndarray
    label: np.ndarray
    rival: np.ndarray
    score: np.ndarray
    weight: np.ndarray

    def where(self, chosen: np.ndarray) -> Suspicious:
        return Suspicious(*(values[chosen] for values in vars(self).values()))

    def within(self, group: Group) -> np.ndarray:
        """Return bool (n,): which are of a group."""
        label = (self.label == group.label) | (group.label == ALL)
        return np.asarray(label & ((self.rival == group.rival) | (group.rival == ALL)))

    def of(self, group: Group) -> Suspicious:
        return self.where(self.within(group))


@dataclass(frozen=True)
class Group:
    """What is tested together.

    Attributes:
        label, rival: number of the class, or `ALL`.
        times: what a p-value is multiplied by.
    """

    label: int
    rival: int
    times: int

    def rows(self, totals: np.ndarray) -> np.ndarray:
        """Return (names, 1 or classes): of its label's rows, or of all labels."""
        return totals if self.label == ALL else totals[:, self.label : self.label + 1]


def groups(rows: Suspicious, classes: int, roles: int = 1) -> list[Group]:
    """Return what is tested: all, labels, pairs. Those with fewer than `LEAST` rows are not.

    Args:
        roles: how many are tried side by side.
    """
    place = rows.label * classes + rows.rival
    weight = np.bincount(place, rows.weight, classes**2).reshape(classes, classes)
    labels = [(int(y), ALL) for y in np.flatnonzero(weight.sum(axis=1) >= LEAST)]
    pairs = [(int(y), int(k)) for y, k in np.argwhere(weight >= LEAST)]
    # Of two classes, a label has one rival.
    kinds = [[(ALL, ALL)], labels, *([pairs] if classes > 2 else [])]
    return [Group(*one, roles * len(kinds) * len(kind)) for kind in kinds for one in kind]


def worth(rows: Suspicious) -> np.ndarray:
    """Return int64 (n,): log2(1 + HALF / rank) of each in steps; ties share their middle rank."""
    distinct, place = np.unique(-rows.score, return_inverse=True)
    weight = np.bincount(place, rows.weight, len(distinct))
    rank = np.maximum(np.cumsum(weight) - weight / 2, 1)
    return np.asarray(np.rint(STEPS * np.log2(1 + HALF / rank)).astype(np.int64)[place])


def p_values(rows: Suspicious, totals: np.ndarray, group: Group) -> np.ndarray:
    """Return float64 (names,), at most 1, of a group.

    Args:
        rows: suspicious rows of it.
        totals: int64 (names, classes), all rows.
    """
    totals, value = group.rows(totals), worth(rows)
    names, classes = totals.shape
    label = rows.label if classes > 1 else np.zeros_like(rows.label)
    sums = np.rint(np.bincount(rows.name, value * rows.weight, names)).astype(np.int64)
    count = np.bincount(rows.name, (value > 0) * rows.weight, names)
    most = int(value.max(initial=0)) + 1
    pool = np.bincount(label * most + value, rows.weight, classes * most)
    pool = np.rint(pool).astype(np.int64).reshape(classes, most)
    share = totals / np.maximum(totals.sum(axis=0), 1)
    expected = share @ pool @ np.arange(most)
    found = np.ones(names)
    for i in np.flatnonzero((np.rint(count) >= LEAST) & (sums > expected)):
        found[i] = tail(int(sums[i]), pool, share[i])
    found = np.maximum(found, _nature(sums, expected, pool, int(totals.sum())))
    return np.asarray(np.clip(group.times * found, LEAST_P, 1.0))


def tail(least: int, pool: np.ndarray, share: np.ndarray) -> float:
    """Return P(worth of a name's rows >= ``least``).

    Args:
        pool: int64 (classes, values), suspicious rows by label and worth.
        share: float64 (classes,), of the rows of each label that are its own.
    """
    from scipy.stats import binom

    law = np.ones(1)
    for label, value in np.argwhere(pool * (share > 0)[:, None] > 0).tolist():
        if value:
            rows = pool[label, value]
            spaced = np.zeros(rows * value + 1)
            spaced[::value] = binom.pmf(np.arange(rows + 1), rows, share[label])
            law = np.convolve(law, spaced)
    return min(1.0, float(law[least:].sum()))


def _nature(sums: np.ndarray, expected: np.ndarray, pool: np.ndarray, rows: int) -> np.ndarray:
    """Return float64 (names,): how often names that differ as the others do reach their sums.

    A sum of worths varies as the number of rows does that are worth, each, what the square mean of
    a worth is in means.
    """
    found, some, value = np.zeros(len(sums)), expected > 0, np.arange(pool.shape[1])
    if some.any():
        unit = (pool @ value**2).sum() / (pool @ value).sum()
        scaled = expected[some] * rows / expected[some].sum()
        found[some] = dispersed(sums[some] / unit, scaled)
    return found
