"""Is label noise more than the others' from one source or annotator?

Which rows of a label come from one has nothing to do with which rows are
suspicious. Given the suspicious rows and how many rows of each label it has, its suspicious rows
are a sum of hypergeometric numbers, exactly. Names differ by nature: that is weakened by how much
the others do (`calibrate.concentration`). Tried at each of `LEVELS` and in each of the roles,
Bonferroni over these, Benjamini-Hochberg over the names of a role.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.concentration import dispersed
from provender.calibrate.fdr import benjamini_hochberg
from provender.detect.label_conflict_model import UNIT
from provender.detect.label_flips_cells import parts_of
from provender.detect.label_flips_noise import Cells, Noise
from provender.detect.label_flips_tests import ALARM, LEAST, LEAST_P

#: Shares of all rows, most suspicious first, among which a source's are counted.
LEVELS = (0.005, 0.01, 0.02, 0.05)


@dataclass(frozen=True)
class Contributor:
    """A source or an annotator whose rows are suspicious more often than those of the others.

    Attributes:
        role: 'source' or 'annotator'.
        cuts, row_p_values: a row of it that scores at least a cut has that p-value at most. No
            row of one that has nothing to do with suspicion is likelier than the others to
            be one of its suspicious ones, so it is its p-value times their share in it; no test
            of another of the role concerns it. The last cut leaves out more natural rows than
            planted ones.
        rows: suspicious ones at the last cut; of ``total`` rows of its own. Copies count once.
        everywhere: suspicious rows of all of the role, at the last cut.
        p_value: of it alone, Bonferroni over levels and roles.
        removal: fewest of its rows to remove until that is above ALARM.
        names: how many of the role there are: of fewer than `COMPARABLE` nobody knows how far
            they differ by nature.
    """

    role: str
    name: str
    cuts: tuple[float, ...]
    row_p_values: tuple[float, ...]
    rows: int
    total: int
    everywhere: int
    p_value: float
    removal: int
    names: int

    @staticmethod
    def of(values: dict[str, Any]) -> Contributor:
        """Return one from its attributes as JSON holds them."""
        lists = {name: tuple(values[name]) for name in ("cuts", "row_p_values")}
        return Contributor(**{**values, **lists})


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
    p_values = np.array([_beyond_nature(counted, totals) for counted in hits])
    p_values = np.clip(len(LEVELS) * roles * p_values, LEAST_P, 1.0)
    standing = benjamini_hochberg(p_values.min(axis=0), ALARM)
    found = [
        _contributor(
            (role, names[i]),
            cuts,
            hits[:, i],
            hits.sum(axis=1),
            totals,
            totals[i],
            p_values[:, i],
            _until_chance(hits, totals, i, len(LEVELS) * roles),
        )
        for i in np.flatnonzero(standing).tolist()
    ]
    return sorted(found, key=lambda one: (one.p_value, one.name))


def _contributor(
    who: tuple[str, str],
    cuts: np.ndarray,
    hits: np.ndarray,
    everywhere: np.ndarray,
    totals: np.ndarray,
    own: np.ndarray,
    p_values: np.ndarray,
    removal: int,
) -> Contributor:
    """Describe one that stands.

    Args:
        who: role and name.
        cuts, p_values: float64 (levels,).
        hits, everywhere: int64 (levels, classes), suspicious rows of it, and of all.
        totals: int64 (names, classes), all rows.
        own: int64 (classes,), all rows of it.
    """
    expected = (everywhere * (own / np.maximum(totals.sum(axis=0), 1))).sum(axis=1)
    count, total = hits.sum(axis=1), int(own.sum())
    last = int(np.argmax(count - 2 * expected))
    return Contributor(
        *who,
        tuple(cuts[: last + 1].tolist()),
        tuple((p_values * count / total)[: last + 1].tolist()),
        int(count[last]),
        total,
        int(everywhere[last].sum()),
        float(p_values.min()),
        removal,
        len(totals),
    )


def _until_chance(hits: np.ndarray, totals: np.ndarray, i: int, tried: int) -> int:
    """Return how many suspicious rows of name ``i`` must go, of each label in turn the most.

    Args:
        hits: int64 (levels, names, classes), suspicious rows.
        totals: int64 (names, classes), all rows.
        tried: tests that its p-value pays for.
    """

    def calm(gone: int) -> bool:
        best = 1.0
        for counted in hits:
            mine = counted[i]
            order = np.argsort(-mine, kind="stable")
            below = np.cumsum(mine[order]) - mine[order]
            taken = np.zeros(totals.shape, np.int64)
            taken[i, order] = np.clip(gone - below, 0, mine[order])
            left, rows = counted - taken, totals - taken
            two = [np.stack([n[i], n.sum(axis=0) - n[i]]) for n in (left, rows)]
            best = min(best, max(_tails(*two)[0], _nature(left, rows)[i]))
        return tried * best > ALARM

    return bisect_left(range(int(hits[:, i].sum(axis=1).max())), True, key=calm)


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


def _tails(hits: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return float64 (names,): P(at least so many), by label hypergeometric, added up."""
    from scipy.stats import hypergeom

    everywhere, rows = hits.sum(axis=0), totals.sum(axis=0)
    found = np.ones(len(hits))
    expected = (totals * (everywhere / np.maximum(rows, 1))).sum(axis=1)
    count = hits.sum(axis=1)
    for i in np.flatnonzero((count >= LEAST) & (count > expected)):
        chance = np.ones(1)
        for y in np.flatnonzero((everywhere > 0) & (totals[i] > 0)):
            most = min(everywhere[y], totals[i, y])
            law = hypergeom.pmf(np.arange(most + 1), rows[y], everywhere[y], totals[i, y])
            chance = np.convolve(chance, law)
        found[i] = min(1.0, float(chance[count[i] :].sum()))
    return found


def _beyond_nature(hits: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return float64 (names,): `_tails`, weakened by how much the other names differ."""
    return np.asarray(np.maximum(_tails(hits, totals), _nature(hits, totals)))


def _nature(hits: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return float64 (names,): how often names that differ as the others do have so many."""
    rows, count = totals.sum(axis=0), hits.sum(axis=1)
    expected = (totals * (hits.sum(axis=0) / np.maximum(rows, 1))).sum(axis=1)
    scaled = np.maximum(expected * rows.sum() / max(expected.sum(), 1e-9), 1e-9)
    return dispersed(count, scaled)
