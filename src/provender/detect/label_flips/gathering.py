"""How improbable it is that rows so suspicious are of one source, or annotator.

Which rows of a label come from one has nothing to do with which rows are suspicious. In a group of
suspicious rows, each is worth the more the fewer are more suspicious (`worth`): the bounded
log of a likelihood ratio, with no threshold. Given how many rows of each label a name has, these
are a draw without return from the label's rows, and the law of the sum of their worths is exact
(Fisher's exact test, with worths in place of a yes or no). Names differ by nature: the tail is
weakened by how much the others do (`calibrate.concentration`).

Tested are all rows whose rival wins; those of each label; and of each label and each other class
the rows that read like that class or nearly do, be it their rival or not. Poison mostly has one
target, and one origin, and natural errors of the others drown it.

Ten rows that moved to a label of ten give their name half of it, and a share so large explains
them. So labels, and pairs, are tested by *content*, too: which label a row has tells nothing of who
sent it, given what it reads like. A name that by nature has half of a label has half of its errors,
and would fall: so its share of the label must not explain them either, and there one test counts
alone (the larger p-value of the two; an intersection of hypotheses is not rejected by one of them).

Labels are tested twice: by how much more their rows speak for the rival than for the label, and by
how much they speak for it at all (`Suspicious.strong`). Where two large classes are confused, the
rows of the widest margins are odd ones that speak for nothing; flipped rows speak for their own.

Each of the four kinds has a fourth of the weight, which its groups share; together they are one
p-value (`calibrate.harmonic`): poison mostly stands out in several, which lean on the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    """Rows that read like another class, some of one name and of one score together.

    Attributes:
        name, label, rival: int64 (n,), numbers; the rival is the other class. A row that reads
            like several is there with each.
        first: bool (n,), whether it reads like this class more than like any other.
        near: bool (n,), whether it nearly does, its label's class not left out.
        strong: bool (n,), whether this is a row's second entry: that it speaks strongly for its
            rival. It is neither first nor near then.
        score: float64 (n,), log odds that the rival would be right; of a strong one, were it only
            for what speaks for the rival.
        weight: float64 (n,), rows; copies of a text under one label count once.
    """

    name: np.ndarray
    label: np.ndarray
    rival: np.ndarray
    first: np.ndarray
    near: np.ndarray
    strong: np.ndarray
    score: np.ndarray
    weight: np.ndarray

    def where(self, chosen: np.ndarray) -> Suspicious:
        return Suspicious(*(values[chosen] for values in vars(self).values()))

    def within(self, group: Group) -> np.ndarray:
        """Return bool (n,): which are of a group."""
        label = (self.label == group.label) | (group.label == ALL)
        if group.rival == ALL:
            return np.asarray(label & (self.strong if group.strong else self.first))
        like = label & (self.rival == group.rival) & ~self.strong
        return np.asarray(like & (self.near | (not group.content)))

    def of(self, group: Group) -> Suspicious:
        return self.where(self.within(group))


@dataclass(frozen=True)
class Totals:
    """All rows, suspicious or not: int64 (names, classes) each.

    Attributes:
        label: of the label.
        first: that read like the class more than like any other.
        near: that nearly do, and so may count for several.
    """

    label: np.ndarray
    first: np.ndarray
    near: np.ndarray

    def without(self, i: int, rows: Suspicious) -> Totals:
        """Return the same without suspicious rows of name ``i``."""

        def less(of: np.ndarray, classes: np.ndarray, weight: np.ndarray) -> np.ndarray:
            left, gone = of.copy(), np.bincount(classes, weight, of.shape[1])
            left[i] = np.maximum(of[i] - np.rint(gone).astype(np.int64), 0)
            return left

        return Totals(
            less(self.label, rows.label, rows.weight),
            less(self.first, rows.rival, rows.weight * rows.first),
            less(self.near, rows.rival, rows.weight * rows.near),
        )


@dataclass(frozen=True)
class Group:
    """What is tested together.

    Attributes:
        label, rival: number of the class, or `ALL`.
        times: what a p-value is multiplied by.
        content: whether rows are drawn from those that read alike, not from those labelled alike.
        strong: whether rows count by how they speak for the rival, whatever for the label.
    """

    label: int
    rival: int
    times: int = 1
    content: bool = False
    strong: bool = False

    def rows(self, totals: Totals) -> np.ndarray:
        """Return (names, 1 or classes): of what its rows are drawn from, by class if by several."""
        if self.content:
            return totals.first if self.rival == ALL else totals.near[:, [self.rival]]
        return totals.label if self.label == ALL else totals.label[:, [self.label]]

    def classes(self, rows: Suspicious) -> np.ndarray:
        """Return int64 (n,): of which column of `rows` each is."""
        if self.content:
            return rows.rival if self.rival == ALL else np.zeros_like(rows.rival)
        return rows.label if self.label == ALL else np.zeros_like(rows.label)


def groups(rows: Suspicious, classes: int, roles: int = 1) -> list[Group]:
    """Return what is tested: all, labels, pairs; and labels and pairs by content.

    Those with fewer than `LEAST` rows are not.

    Args:
        roles: how many are tried side by side.
    """
    place = rows.label * classes + rows.rival

    def pairs(weight: np.ndarray) -> list[Group]:
        many = np.bincount(place, weight, classes**2)
        return [Group(*divmod(one, classes)) for one in np.flatnonzero(many >= LEAST).tolist()]

    def labels(weight: np.ndarray, strong: bool) -> list[Group]:
        many = np.bincount(rows.label, weight, classes)
        return [Group(y, ALL, strong=strong) for y in np.flatnonzero(many >= LEAST).tolist()]

    margin = labels(rows.weight * rows.first, strong=False)
    kinds = [[Group(ALL, ALL)], margin + labels(rows.weight * rows.strong, strong=True)]
    by_content = margin
    if classes > 2:  # of two, a label has one rival
        kinds.append(pairs(rows.weight * ~rows.strong))
        by_content = margin + pairs(rows.weight * rows.near)
    kinds.append([replace(one, content=True) for one in by_content])
    return [replace(one, times=roles * len(kinds) * len(kind)) for kind in kinds for one in kind]


def worth(rows: Suspicious) -> np.ndarray:
    """Return int64 (n,): log2(1 + HALF / rank) of each in steps; ties share their middle rank."""
    distinct, place = np.unique(-rows.score, return_inverse=True)
    weight = np.bincount(place, rows.weight, len(distinct))
    rank = np.maximum(np.cumsum(weight) - weight / 2, 1)
    return np.asarray(np.rint(STEPS * np.log2(1 + HALF / rank)).astype(np.int64)[place])


def p_values(rows: Suspicious, totals: Totals, group: Group) -> np.ndarray:
    """Return float64 (names,), times what the group pays for all others: it may be above 1.

    Args:
        rows: suspicious rows; those of the group count.
    """
    found = group.times * _drawn(rows.of(group), totals, group)
    if group.content:
        by_label = replace(group, content=False)
        found = np.maximum(found, _drawn(rows.of(by_label), totals, by_label))
    return np.asarray(np.maximum(found, LEAST_P))


def _drawn(rows: Suspicious, of: Totals, group: Group) -> np.ndarray:
    """Return float64 (names,): how often a draw, or nature, would give a name so much worth."""
    totals, value, label = group.rows(of), worth(rows), group.classes(rows)
    names, classes = totals.shape
    sums = np.rint(np.bincount(rows.name, value * rows.weight, names)).astype(np.int64)
    count = np.bincount(rows.name, (value > 0) * rows.weight, names)
    most = int(value.max(initial=0)) + 1
    pool = np.bincount(label * most + value, rows.weight, classes * most)
    pool = np.rint(pool).astype(np.int64).reshape(classes, most)
    whole = np.maximum(totals.sum(axis=0), pool.sum(axis=1))
    expected = totals / np.maximum(whole, 1) @ pool @ np.arange(most)
    found = np.ones(names)
    for i in np.flatnonzero((np.rint(count) >= LEAST) & (sums > expected)):
        found[i] = tail(int(sums[i]), pool, totals[i], whole)
    return np.asarray(np.maximum(found, _nature(sums, expected, pool, int(totals.sum()))))


def tail(least: int, pool: np.ndarray, drawn: np.ndarray, rows: np.ndarray) -> float:
    """Return P(worth of a name's rows >= ``least``), were they drawn without return.

    Args:
        pool: int64 (classes, values), suspicious rows by label and worth.
        drawn, rows: int64 (classes,), rows of each label: the name's, and all.
    """
    law = np.ones(1)
    for label in np.flatnonzero(pool[:, 1:].any(axis=1) & (drawn > 0)):
        law = np.convolve(law, _law(pool[label], int(drawn[label]), int(rows[label])))
    # Fractions of rows whose copies others have are rounded: no sum is beyond the largest.
    least = min(least, int(np.flatnonzero(law)[-1]))
    return min(1.0, float(law[least:].sum()))


def _law(pool: np.ndarray, drawn: int, rows: int) -> np.ndarray:
    """Return the chance of each sum of worths: a multivariate hypergeometric law, added up.

    Args:
        pool: int64 (values,), rows by worth; of the ``rows``, those that it leaves are worth none.
    """
    from scipy.special import comb
    from scipy.stats import hypergeom

    some = int(pool[1:].sum())
    most = min(drawn, some)
    ways = np.zeros((most + 1, int(pool @ np.arange(len(pool))) + 1))
    ways[0, 0] = 1
    for value in np.flatnonzero(pool[1:]) + 1:
        before = ways.copy()
        for taken in range(1, min(int(pool[value]), most) + 1):
            more = before[: most + 1 - taken, : ways.shape[1] - value * taken]
            ways[taken:, value * taken :] += comb(pool[value], taken) * more
    number = np.arange(most + 1)
    return np.asarray(hypergeom.pmf(number, rows, some, drawn) / comb(some, number) @ ways)


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
