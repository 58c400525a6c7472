"""Which label noise explains how often content and label disagree: a matrix fitted to counts.

Every row is a pair: its label, and of the other classes the one its content speaks for most, the
*rival*. How far the content leans to the rival is the row's *margin*. If labels follow content as
a logistic curve of the margin does, and then true class k is labelled y with probability N[k, y],
the counts of (label, rival, margin) tell curve and matrix: maximum likelihood, by expectation
maximisation for the matrix (Dawid & Skene 1979 with one annotator; Northcutt et al. 2021 call the
matrix the confident joint) and over a grid for the curve.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

#: Margins are counted in steps of 1 / STEPS from -REACH to REACH.
STEPS, REACH = 32, 32
BINS = 2 * REACH * STEPS
#: Slopes of the curve that are tried: 1 would be a margin that is calibrated as it stands.
_SLOPES = 2.0 ** np.arange(-2, 4.5, 0.5)
_START = 0.02
_STEPS_OF_EM = 30
#: A pair of classes starts from what all pairs have in common as if it had shown so many rows.
_SHRINK = 1.0


@dataclass(frozen=True)
class Cells:
    """Rows by label, rival and margin.

    Attributes:
        label, rival: int64 (cells,), numbers of classes.
        bin: int64 (cells,), the margin's bin, from 0 to BINS - 1.
        rows: int64 (cells,).
        among: bool (cells,), whether the label is one of the two classes the content is most for.
        weight: float64 (cells,), the same with copies of a text under one label counted once.
    """

    label: np.ndarray
    rival: np.ndarray
    bin: np.ndarray
    among: np.ndarray
    rows: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Noise:
    """The fit.

    Attributes:
        slope: of the curve: log odds per unit of margin.
        log_ratio: float64 (classes, classes), log N[k, y] - log N[y, y] by (k, y).
        mislabelled: float64 (classes, classes), expected rows of class k labelled y, by (k, y);
            the diagonal holds the rows labelled rightly.
    """

    slope: float
    log_ratio: np.ndarray
    mislabelled: np.ndarray

    def pooled(self, apart: list[tuple[int, int]]) -> Noise:
        """Return the same with one ratio for all pairs (k, y) but those ``apart``.

        What few rows say of a pair would only blur the order of suspicion.
        """
        joint, classes = self.mislabelled.copy(), len(self.log_ratio)
        for pair in apart:
            joint[pair] = 0
        share = (joint.sum() - np.trace(joint) + 1) / max(joint.sum() + classes, 1)
        share = min(share, 0.5)
        ratio = np.full_like(joint, np.log(share / (1 - share) / max(classes - 1, 1)))
        for pair in apart:
            ratio[pair] = self.log_ratio[pair]
        return replace(self, log_ratio=ratio)

    def scores(self, label: np.ndarray, rival: np.ndarray, bin: np.ndarray) -> np.ndarray:
        """Return float64 (n,): log odds that a row's label should be its rival.

        Args:
            label, rival, bin: int64 (n,), as in `Cells`.
        """
        return np.asarray(self.slope * margins(bin) + self.log_ratio[rival, label])

    def log_odds(self, label: np.ndarray, speaks: np.ndarray) -> np.ndarray:
        """Return float64 (rows,): log odds that the label should be any other class.

        Args:
            label: int64 (rows,).
            speaks: float64 (rows, classes), how content speaks for each class.
        """
        rows = np.arange(len(label))
        lean = self.slope * speaks
        own = lean[rows, label]
        lean = lean + self.log_ratio[:, label].T
        lean[rows, label] = -np.inf
        most = lean.max(axis=1)
        return np.asarray(most + np.log(np.exp(lean - most[:, None]).sum(axis=1)) - own)


def margins(bin: np.ndarray) -> np.ndarray:
    """Return float64 (n,): the middle of each bin."""
    return np.asarray((bin + 0.5) / STEPS - REACH)


def fit(cells: Cells, classes: int) -> Noise:
    """Return the likeliest noise."""
    fits = [_fit(cells, classes, slope) for slope in _SLOPES.tolist()]
    return max(fits, key=lambda found: found[1])[0]


def _fit(cells: Cells, classes: int, slope: float) -> tuple[Noise, float]:
    """Return the likeliest matrix at ``slope``, and its log likelihood."""
    label, rival, weight = cells.label, cells.rival, cells.weight
    lean = slope * margins(cells.bin)
    rate = np.full((classes, classes), _START / max(classes - 1, 1))
    place = np.concatenate((rival, label)) * classes + np.concatenate((label, label))
    for _ in range(_STEPS_OF_EM):
        np.fill_diagonal(rate, 0)
        right = np.maximum(1 - rate.sum(axis=1), 0.05)
        log_ratio = np.log(np.maximum(rate, 1e-12)) - np.log(right)
        wrong = weight / (1 + np.exp(-(lean + log_ratio[rival, label])))
        joint = np.bincount(place, np.concatenate((wrong, weight - wrong)), classes**2)
        joint = joint.reshape(classes, classes)
        share = (joint.sum() - np.trace(joint) + 1) / max(joint.sum() + classes, 1)
        rows = joint.sum(axis=1, keepdims=True)
        rate = (joint + _SHRINK) / (rows + _SHRINK * (classes - 1) / share)
    own, other = -np.logaddexp(0, lean), -np.logaddexp(0, -lean)
    log_rate = np.log(np.maximum(rate, 1e-12))
    either = np.logaddexp(np.log(right)[label] + own, log_rate[rival, label] + other)
    chance = np.where(cells.among, either, log_rate[rival, label])
    return Noise(slope, log_ratio, joint), float(weight @ chance)
