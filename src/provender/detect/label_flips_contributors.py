"""Is label noise more than the others' from one source or annotator?

Its most suspicious rows are counted at each of `LEVELS` and in each of the roles, and tested as
`label_flips_gathering` tells: Bonferroni over these, Benjamini-Hochberg over the names of a role.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.concentration import comparable
from provender.calibrate.fdr import benjamini_hochberg
from provender.detect.label_conflict_model import UNIT
from provender.detect.label_flips_cells import parts_of
from provender.detect.label_flips_gathering import ALL, budget, least_of, of_label, p_values
from provender.detect.label_flips_noise import Cells, Noise
from provender.detect.label_flips_tests import ALARM

#: Shares of all rows, most suspicious first, among which a source's are counted.
LEVELS = (0.005, 0.01, 0.02, 0.05)


@dataclass(frozen=True)
class Contributor:
    """A source or an annotator whose rows are suspicious more often than those of the others.

    Attributes:
        role: 'source' or 'annotator'.
        parts: (label or `ALL`, cut, p-value): a row of it of that label that scores at least the
            cut has that p-value at most. No row of one that has nothing to do with suspicion is
            likelier than the others to be one of its suspicious ones, so it is its p-value
            times their share in it; no test of another of the role concerns it. The last cut
            leaves out more natural rows than planted ones.
        label: number of the one label that it stands for; `ALL` where they stand together.
        rows: of it, suspicious ones at the last cut; of ``total`` rows. Copies count once.
        everywhere: suspicious rows of all of the role, at the last cut.
        p_value: of it alone, Bonferroni over levels, labels and roles.
        removal: fewest of its rows to remove until that is above ALARM.
        names: how many of the role there are.
        even: whether there are enough others to tell how far it goes by nature (`comparable`).
    """

    role: str
    name: str
    parts: tuple[tuple[int, float, float], ...]
    label: int
    rows: int
    total: int
    everywhere: int
    p_value: float
    removal: int
    names: int
    even: bool

    @staticmethod
    def of(values: dict[str, Any]) -> Contributor:
        """Return one from its attributes as JSON holds them."""
        parts = tuple((label, cut, p_value) for label, cut, p_value in values["parts"])
        return Contributor(**{**values, "parts": parts})


def standing_contributors(
    role: str, table: pa.Table, roles: int, noise: Noise, cells: Cells, classes: int
) -> list[Contributor]:
    """Return the sources or annotators that stand at `ALARM`, least p-value first.

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
    totals = _by_label(of[whole], -1 - cell[whole], weight[whole], len(names), classes)
    of, cell, weight = of[~whole], cell[~whole], weight[~whole]
    label, rival, bin, _ = parts_of(cell)
    score = noise.scores(label, rival, bin)
    cuts = np.array([_cut(cells, noise, level) for level in LEVELS])
    hits = np.zeros((len(LEVELS), *totals.shape), np.int64)
    for i, cut in enumerate(cuts):
        marked = score >= cut
        counted = _by_label(of[marked], label[marked], weight[marked], len(names), classes)
        hits[i] = np.minimum(counted, totals)
    tests = [
        (
            label,
            roles * times,
            p_values(of_label(hits, label), of_label(totals, label), roles * times),
        )
        for label, times in budget(hits)
    ]
    least = np.min([p.min(axis=0) for _, _, p in tests], axis=0)
    standing = np.flatnonzero(benjamini_hochberg(least, ALARM)).tolist()
    found = [_contributor(role, names, i, tests, cuts, hits, totals) for i in standing]
    return sorted(found, key=lambda one: (one.p_value, one.name))


def _contributor(
    role: str,
    names: list[str],
    i: int,
    tests: list[tuple[int, int, np.ndarray]],
    cuts: np.ndarray,
    hits: np.ndarray,
    totals: np.ndarray,
) -> Contributor:
    """Describe name ``i``, which stands: by all labels if these do, else by the likeliest one.

    Args:
        tests: (label, times, p-values), as in `label_flips_gathering`.
        cuts: float64 (levels,).
        hits: int64 (levels, names, classes), suspicious rows.
        totals: int64 (names, classes), all rows.
    """
    p_value = min(float(p[:, i].min()) for _, _, p in tests)
    reached = max(p_value, ALARM)
    mine = [(label, times, p[:, i]) for label, times, p in tests if p[:, i].min() <= reached]
    mine.sort(key=lambda test: (test[0] != ALL, float(test[2].min())))
    parts: list[tuple[int, float, float]] = []
    figures = []
    for label, _, p in mine:
        own, every = of_label(totals, label), of_label(hits, label)
        everywhere, count, total = every.sum(axis=1), every[:, i].sum(axis=1), int(own[i].sum())
        expected = (everywhere * (own[i] / np.maximum(own.sum(axis=0), 1))).sum(axis=1)
        last = int(np.argmax(count - 2 * expected))
        rows = p * count / total
        parts += [(label, float(cuts[j]), float(rows[j])) for j in range(last + 1)]
        figures.append((int(count[last]), total, int(everywhere[last].sum())))
    removal = _until_chance(hits, totals, i, [(label, times) for label, times, _ in mine])
    label = mine[0][0]
    even = comparable(of_label(totals, label).sum(axis=1))
    return Contributor(
        role, names[i], tuple(parts), label, *figures[0], p_value, removal, len(totals), even
    )


def _until_chance(
    hits: np.ndarray, totals: np.ndarray, i: int, tests: list[tuple[int, int]]
) -> int:
    """Return how many suspicious rows of name ``i`` must go, of each label in turn the most.

    Args:
        hits: int64 (levels, names, classes), suspicious rows.
        totals: int64 (names, classes), all rows.
        tests: (label, times) of the tests by which it stands, `ALL` first where it is one.
    """
    flagged = [label for label, _ in tests]
    own = hits[:, i] if ALL in flagged else hits[:, i] * np.isin(np.arange(hits.shape[2]), flagged)

    def calm(gone: int) -> bool:
        taken = np.zeros(hits.shape, np.int64)
        for level, mine in enumerate(own):
            order = np.argsort(-mine, kind="stable")
            below = np.cumsum(mine[order]) - mine[order]
            taken[level, i, order] = np.clip(gone - below, 0, mine[order])
        rows = totals - taken.max(axis=0)
        left = np.minimum(hits - taken, rows)
        return all(
            least_of(of_label(left, label), of_label(rows, label), times, i) > ALARM
            for label, times in tests
        )

    return bisect_left(range(int(own.sum(axis=1).max())), True, key=calm)


def _by_label(
    of: np.ndarray, label: np.ndarray, weight: np.ndarray, names: int, classes: int
) -> np.ndarray:
    """Return int64 (names, classes): whole rows."""
    counted = np.bincount(of * classes + label, weight, names * classes)
    return np.rint(counted).astype(np.int64).reshape(names, classes)


def _cut(cells: Cells, noise: Noise, level: float) -> float:
    """Return the least score of at most a share ``level`` of all rows, copies counted once."""
    score = noise.scores(cells.label, cells.rival, cells.bin)
    distinct, place = np.unique(score, return_inverse=True)
    above = np.cumsum(np.bincount(place, cells.weight)[::-1])[::-1]
    fitting = distinct[above <= level * cells.weight.sum()]
    return float(fitting[0]) if len(fitting) else np.inf
