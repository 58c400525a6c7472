"""Is label noise more than the others' from one source or annotator?

Its suspicious rows are tested as `label_flips.gathering` tells: the tests of groups of rows are one
p-value of the name (harmonic mean), roles pay for each other (Bonferroni). None stands where clean
data would have any more often than `ALARM` (Simes 1986); else Benjamini-Hochberg over the names of
a role, at the highest rate that a policy may state: beside one that stands, others may that would
not alone. The rows' p-values are such that at a lower rate they are flagged where the name stands
at that rate.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.concentration import comparable
from provender.calibrate.fdr import KEEP_BELOW, named
from provender.calibrate.harmonic import harmonic
from provender.detect.label_conflict.model import UNIT
from provender.detect.label_flips.cells import OF, parts_of
from provender.detect.label_flips.gathering import (
    ALL,
    Group,
    Suspicious,
    Totals,
    groups,
    p_values,
    worth,
)
from provender.detect.label_flips.noise import Noise
from provender.detect.label_flips.tests import ALARM


@dataclass(frozen=True)
class Part:
    """Rows of a contributor that it stands by.

    Attributes:
        label, rival: number of the class, or `gathering.ALL`.
        cut: least score of the rows; a lower one would add more natural rows than planted ones.
        p_value: of such a row. No row of a name that has nothing to do with suspicion is likelier
            than its others to be one of those that are worth something: it is the name's p-value
            (of a part beside the first: its own) times their share in its rows. No test of another
            name of the role concerns it.
        content: whether its others are those that read like the rival, not those of the label.
        strong: whether rows count by how they speak for their rival, whatever for the label.
    """

    label: int
    rival: int
    cut: float
    p_value: float
    content: bool
    strong: bool


@dataclass(frozen=True)
class Contributor:
    """A source or an annotator whose rows are suspicious more often than those of the others.

    Attributes:
        parts: the likeliest first, by which it is described.
        rows: of it, suspicious ones of the first part; of ``total`` rows. Copies count once.
        everywhere: as suspicious rows of all of the role.
        p_value: of it alone, by all groups, Bonferroni over roles.
        removal: fewest of its rows to remove until it would not stand.
        names: how many of the role there are.
        even: whether there are enough others to tell how far it goes by nature (`comparable`).
    """

    role: str
    name: str
    parts: tuple[Part, ...]
    rows: int
    total: int
    everywhere: int
    p_value: float
    removal: int
    names: int
    even: bool

    @property
    def target(self) -> tuple[int, int]:
        """Label and rival of the part it is described by."""
        return self.parts[0].label, self.parts[0].rival

    def packed(self) -> dict[str, Any]:
        """Return its attributes as JSON holds them."""
        return {**vars(self), "parts": [vars(part) for part in self.parts]}

    @staticmethod
    def of(values: dict[str, Any]) -> Contributor:
        return Contributor(**{**values, "parts": tuple(Part(**part) for part in values["parts"])})


def standing_contributors(
    role: str, table: pa.Table, roles: int, noise: Noise, classes: int
) -> list[Contributor]:
    """Return the sources or annotators that stand, least p-value first.

    Args:
        table: of the role, as in `CellState.contributors`.
        roles: how many roles are tried.
    """
    coded = pc.dictionary_encode(table["name"].combine_chunks())
    of, names = np.asarray(coded.indices), coded.dictionary.to_pylist()
    cell, weight = table["cell"].to_numpy(), table["weight"].to_numpy() / UNIT
    if len(names) < 2:
        return []
    whole = cell < 0
    totals = _totals(of[whole], cell[whole], weight[whole], len(names), classes)
    of, cell, weight = of[~whole], cell[~whole], weight[~whole]
    label, rival, bin, flags = parts_of(cell)
    first, near, strong = ((flags & bit).astype(bool) for bit in (1, 2, 4))
    score = noise.scores(label, rival, bin)
    rows = Suspicious(of, label, rival, first, near, strong, score, weight)
    tests = groups(rows, classes, roles)
    found = np.array([p_values(rows, totals, group) for group in tests])
    p_value = harmonic(found)
    standing = np.flatnonzero(named(p_value, KEEP_BELOW, ALARM)).tolist()
    limit = KEEP_BELOW * len(standing) / len(names)
    alone = ALARM / len(names) if len(standing) == 1 else limit
    every = []
    for i in standing:
        order = np.argsort(found[:, i], kind="stable").tolist()
        mine = [
            (float(found[n, i]), tests[n]) for n in order if found[n, i] <= limit or n == order[0]
        ]
        every.append(_contributor(role, names, i, float(p_value[i]), mine, rows, totals, alone))
    return sorted(every, key=lambda one: (one.p_value, one.name))


def _contributor(
    role: str,
    names: list[str],
    i: int,
    whole: float,
    tests: list[tuple[float, Group]],
    rows: Suspicious,
    totals: Totals,
    limit: float,
) -> Contributor:
    """Describe name ``i``, which stands by its p-value ``whole`` until that is above ``limit``.

    Args:
        tests: (p-value, group), the likeliest first, and others that would stand by themselves.
    """
    parts: dict[tuple[int, int, bool], Part] = {}
    figures = []
    for p_value, group in tests:
        if (group.label, group.rival, group.strong) in parts:
            continue
        pool, others = rows.of(group), group.rows(totals)
        value, mine = worth(pool), pool.name == i
        share = (others[i] / np.maximum(others.sum(axis=0), 1))[group.classes(pool)]
        cut = _cut(pool.where(value > 0), mine[value > 0], share[value > 0])
        counted = float(pool.weight[mine & (value > 0)].sum()) / max(int(others[i].sum()), 1)
        parts[group.label, group.rival, group.strong] = Part(
            group.label,
            group.rival,
            cut,
            (p_value if parts else whole) * min(counted, 1.0),
            group.content,
            group.strong,
        )
        above, of_label = pool.score >= cut, replace(group, content=False).rows(totals)[i]
        count, everywhere = pool.weight[above & mine].sum(), pool.weight[above].sum()
        figures.append((round(count), int(of_label.sum()), round(everywhere)))
    return Contributor(
        role,
        names[i],
        tuple(parts.values()),
        *figures[0],
        p_value=whole,
        # As many tests, each above so many times the limit, are together above it.
        removal=_removal(rows, totals, i, [group for _, group in tests], limit * len(tests)),
        names=len(names),
        even=comparable(tests[0][1].rows(totals).sum(axis=1)),
    )


def _cut(pool: Suspicious, mine: np.ndarray, share: np.ndarray) -> float:
    """Return the score down to which most of a name's rows are beyond twice what is expected.

    Args:
        share: float64 (n,), of the rows that each is drawn from that are its own.
    """
    order = np.argsort(-pool.score, kind="stable")
    beyond = np.cumsum((pool.weight * (mine - 2 * share))[order])
    score = pool.score[order]
    last = np.append(score[1:] < score[:-1], True)  # ties stand or fall together
    return float(score[last][np.argmax(beyond[last])])


def _removal(rows: Suspicious, totals: Totals, i: int, tests: list[Group], limit: float) -> int:
    """Return how many suspicious rows of name ``i`` must go until all tests are above ``limit``.

    The most suspicious first. Tests of a label and several classes are taken to be of the same
    rows, and tests of all classes to be of rows that tests of one name, too.
    """
    whole = [group for group in tests if group.rival == ALL and not group.strong]
    strong = [group for group in tests if group.strong]
    pairs = [group for group in tests if group.rival != ALL]
    most = dict.fromkeys((group.label for group in pairs), 0)
    for group in pairs:
        most[group.label] = max(most[group.label], _until(rows, totals, i, [group], limit))
    until = (_until(rows, totals, i, same, limit) for same in (whole, strong))
    return max(*until, sum(most.values()))


def _until(rows: Suspicious, totals: Totals, i: int, tests: list[Group], limit: float) -> int:
    """Return it for tests in each of which a row is only once."""
    by_tests = np.zeros(len(rows.name), bool)
    for group in tests:
        by_tests |= rows.within(group)
    order = np.flatnonzero(by_tests & (rows.name == i))
    order = order[np.argsort(-rows.score[order], kind="stable")]
    below = np.cumsum(rows.weight[order]) - rows.weight[order]

    def calm(gone: int) -> bool:
        taken = np.zeros(len(rows.name))
        taken[order] = np.clip(gone - below, 0, rows.weight[order])
        left = totals.without(i, replace(rows, weight=taken))
        still = replace(rows, weight=rows.weight - taken)
        return all(p_values(still, left, group)[i] > limit for group in tests)

    return bisect_left(range(round(rows.weight[order].sum())), True, key=calm)


def _totals(
    of: np.ndarray, cell: np.ndarray, weight: np.ndarray, names: int, classes: int
) -> Totals:
    """Return all rows of each name; ``cell`` is as in `cells.OF`, and below 0."""
    kind, number = np.divmod(-1 - cell, OF)
    place = (kind * names + of) * OF + number
    counted = np.rint(np.bincount(place, weight, 3 * names * OF)).astype(np.int64)
    return Totals(*counted.reshape(3, names, OF)[:, :, :classes])
