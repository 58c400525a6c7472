"""Is label noise more than usual: in all, from one class to one other, from one contributor?

*In all*: no more than a share `USUAL` of labels is wrong. Only *deep* rows count, that lean to the
rival as far as half of its own rows do: of wrong labels half are, of rows that their content
merely leaves open hardly any.

*A pair of classes* must break three null hypotheses, the weakest rejection counts:

* no more than `USUAL` of the smaller class's rows are errors of this kind;
* the pair is confused both ways: of this kind are at most e^`LEAN` times as many as of the reverse;
* errors befall all pairs alike: the rate is at most e^`LEAN` times that of all other pairs.

Nothing is believed of a label that content does not foretell: ambiguous rows lean to the larger
class, and look like flips.

*A source or annotator*: which rows of a label come from it has nothing to do with which rows are
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
from provender.detect.label_flips_noise import Cells, Noise, margins

#: Share of wrong labels that ten much-used test sets were found to have on average.
USUAL = 0.033
#: Log ratio that natural confusion may have.
LEAN = 1.0
#: Rate of false alarms of each kind in a data set.
ALARM = 0.01
#: With fewer sources, or annotators, one that stands out is noted, not accused: one of five that
#: differs may well do so by nature, and the others cannot tell how far such go.
COMPARABLE = 10
#: Shares of all rows, most suspicious first, among which a source's are counted.
LEVELS = (0.005, 0.01, 0.02, 0.05)
#: Noise in all is not judged where content speaks against a larger share of the labels.
UNFORETOLD = 0.2
#: Share of its rows that content may speak against, and of errors that it must spare.
MOST = 0.5
#: Fewer rows are no finding.
LEAST = 5
_LEAST_P = 1e-300


@dataclass(frozen=True)
class Pair:
    """Rows of one class under the label of another, beyond natural noise.

    Attributes:
        true, label: numbers of the classes.
        rows, reverse: rows of the class under the label, and of the label's under the class.
        p_value: family-wise over all pairs.
        removal: fewest of the rows to remove until it is above ALARM.
    """

    true: int
    label: int
    rows: float
    reverse: float
    p_value: float
    removal: int


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


def unforetold(cells: Cells, classes: int) -> np.ndarray:
    """Return bool (classes,): labels that content does not foretell.

    It speaks against most of their rows, and of the errors of who always says the commonest label
    it spares less than half (Goodman and Kruskal's lambda, 1954).
    """
    wrong = cells.weight * (margins(cells.bin) > 0)
    against = np.bincount(cells.label, wrong, classes)
    rows = np.bincount(cells.label, cells.weight, classes)
    spared = 1 - wrong.sum() / max(rows.sum() - rows.max(initial=0), 1)
    return np.asarray((against > MOST * rows) & (spared < MOST))


def standing_pairs(noise: Noise, cells: Cells) -> list[Pair]:
    """Return the pairs that stand at `ALARM`, least p-value first."""
    from scipy.stats import binom

    classes, lean = len(noise.log_ratio), np.exp(LEAN)
    suspicious = cells.weight * (noise.scores(cells.label, cells.rival, cells.bin) > 0)
    place = cells.rival * classes + cells.label
    wrong = np.bincount(place, suspicious, classes**2).reshape(classes, classes)
    true, label = noise.mislabelled.sum(axis=1), noise.mislabelled.sum(axis=0)
    total = wrong.sum()
    found = []
    for k, y in np.argwhere((wrong >= LEAST) & ~unforetold(cells, classes)).tolist():
        gone = np.arange(round(wrong[k, y]) + 1)
        rows, reverse = gone[::-1], wrong[y, k]
        most = np.maximum(np.rint(min(true[k], label[y])) - gone, rows)
        usual = binom.sf(rows - 1, most, USUAL)
        both_ways = binom.sf(rows - 1, np.rint(rows + reverse), lean / (1 + lean))
        others = (classes - 1) * true.sum() - true[k]
        part = lean * true[k] / (lean * true[k] + others)
        alike = binom.sf(rows - 1, np.rint(total - wrong[k, y]) + rows, part)
        tails = classes * (classes - 1) * np.maximum(np.maximum(usual, both_ways), alike)
        p_value = min(1.0, float(tails[0]))
        if p_value <= ALARM:
            p_value, removal = max(p_value, _LEAST_P), _first_calm(tails, rows)
            found.append(Pair(k, y, float(wrong[k, y]), float(reverse), p_value, removal))
    return sorted(found, key=lambda pair: (pair.p_value, pair.true, pair.label))


def _first_calm(p_values: np.ndarray, rows: np.ndarray) -> int:
    """Return how many rows must go, given what each number of them would leave."""
    return int(np.argmax((p_values > ALARM) | (rows < LEAST)))


def noise_in_all(cells: Cells, apart: np.ndarray, classes: int) -> tuple[float, int]:
    """Return the p-value of the deep rows, and how many must go until it is above ALARM.

    It is 1 where content foretells too few labels to tell.

    Args:
        apart: bool (cells,), those that a pair explains: left out.
    """
    from scipy.stats import binom

    margin, rows = margins(cells.bin), cells.weight.sum()
    if cells.weight[margin > 0].sum() > UNFORETOLD * rows:
        return 1.0, 0
    depth = np.array([_median(margin, cells.weight * (cells.label == k)) for k in range(classes)])
    deep = (margin >= np.maximum(-depth, 0)[cells.rival]) & ~apart
    hits = np.arange(round(cells.weight[deep].sum()), -1, -1)
    tails = binom.sf(hits - 1, round(rows) - hits[0] + hits, USUAL / 2)
    return max(float(tails[0]), _LEAST_P), _first_calm(tails, hits)


def _median(values: np.ndarray, weight: np.ndarray) -> float:
    """Return the lower weighted median; minus infinity where nothing weighs."""
    order = np.argsort(values, kind="stable")
    risen = np.cumsum(weight[order])
    if not len(risen) or not risen[-1]:
        return -np.inf
    return float(values[order][np.searchsorted(risen, risen[-1] / 2)])


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
    p_values = np.clip(len(LEVELS) * roles * p_values, _LEAST_P, 1.0)
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
