"""Is label noise more than usual: in all, or from one class to one other?

*In all*: no more than a share `USUAL` of labels is wrong. Only *deep* rows count, that lean from
their label to the rival as far as half of the rival's own rows do (`depths`): of wrong labels half
are, of rows that their content merely leaves open hardly any.

*A pair of classes* must break four null hypotheses, the weakest rejection counts:

* no more than `USUAL` of the smaller class's rows are errors of this kind;
* the pair is confused both ways: of this kind are at most e^`LEAN` times as many as of the reverse;
* errors befall all pairs alike: the rate is at most e^`LEAN` times that of all other pairs;
* the rows are ambiguous: of those that lean to the class at all, no more than `AMBIGUOUS` are deep.
  Of flipped rows half are, for they are the class's own.

Nothing is believed of a label that content does not foretell: ambiguous rows lean to the larger
class, and look like flips.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.detect.label_flips.noise import Cells, Noise, margins

#: Share of wrong labels that ten much-used test sets were found to have on average.
USUAL = 0.033
#: Share of rows that their content leaves open which leans to a class as half of its own rows do.
AMBIGUOUS = 0.2
#: Log ratio that natural confusion may have.
LEAN = 1.0
#: How often clean data may have a finding of each kind; whether one alarms is the policy's to say.
ALARM = 0.01
#: Noise in all is not judged where content speaks against a larger share of the labels.
UNFORETOLD = 0.2
#: Share of its rows that content may speak against, and of errors that it must spare.
MOST = 0.5
#: Fewer rows are no finding.
LEAST = 5
LEAST_P = 1e-300


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


def standing_pairs(noise: Noise, cells: Cells, depth: np.ndarray) -> list[Pair]:
    """Return the pairs that stand at `ALARM`, least p-value first.

    Args:
        depth: float64 (classes, classes), see `depths.depths`.
    """
    from scipy.stats import binom

    classes, lean = len(noise.log_ratio), np.exp(LEAN)
    suspicious = cells.weight * (noise.scores(cells.label, cells.rival, cells.bin) > 0)
    place = cells.rival * classes + cells.label
    wrong = np.bincount(place, suspicious, classes**2).reshape(classes, classes)
    true, label = noise.mislabelled.sum(axis=1), noise.mislabelled.sum(axis=0)
    total = wrong.sum()
    leaning, deep = _leaning(cells, depth)
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
        most = np.maximum(round(leaning[k, y]) - gone, 0)
        open_ = binom.sf(np.maximum(round(deep[k, y]) - gone, 0) - 1, most, AMBIGUOUS)
        tails = classes * (classes - 1) * np.max([usual, both_ways, alike, open_], axis=0)
        p_value = min(1.0, float(tails[0]))
        if p_value <= ALARM:
            p_value, removal = max(p_value, LEAST_P), _first_calm(tails, rows)
            found.append(Pair(k, y, float(wrong[k, y]), float(reverse), p_value, removal))
    return sorted(found, key=lambda pair: (pair.p_value, pair.true, pair.label))


def _leaning(cells: Cells, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return float64 (rival, label): rows that lean to the rival, and those that do so deeply."""
    classes, place = len(depth), cells.rival * len(depth) + cells.label
    chosen = (margins(cells.bin) > 0, _deep(cells, depth))
    sums = (np.bincount(place, cells.weight * some, classes**2) for some in chosen)
    leaning, deep = (found.reshape(classes, classes) for found in sums)
    return leaning, deep


def _deep(cells: Cells, depth: np.ndarray) -> np.ndarray:
    """Return bool (cells,): leans from the label to the rival as half of the rival's rows do."""
    return np.asarray(margins(cells.bin) >= depth[cells.rival, cells.label])


def _first_calm(p_values: np.ndarray, rows: np.ndarray) -> int:
    """Return how many rows must go, given what each number of them would leave."""
    return int(np.argmax((p_values > ALARM) | (rows < LEAST)))


def noise_in_all(cells: Cells, depth: np.ndarray, apart: np.ndarray) -> tuple[float, int]:
    """Return the p-value of the deep rows, and how many must go until it is above ALARM.

    It is 1 where content foretells too few labels to tell.

    Args:
        depth: float64 (classes, classes), see `depths.depths`.
        apart: bool (cells,), those that a pair explains: left out.
    """
    from scipy.stats import binom

    rows = cells.weight.sum()
    if cells.weight[margins(cells.bin) > 0].sum() > UNFORETOLD * rows:
        return 1.0, 0
    deep = _deep(cells, depth) & ~apart
    hits = np.arange(round(cells.weight[deep].sum()), -1, -1)
    tails = binom.sf(hits - 1, round(rows) - hits[0] + hits, USUAL / 2)
    return max(float(tails[0]), LEAST_P), _first_calm(tails, hits)
