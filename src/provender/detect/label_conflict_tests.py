"""How surprising a group of grams is: from documents by stratum to a p-value.

Two null hypotheses, both of which a trigger must break, each met by documents without the group:

* *the label follows the content*: among documents whose content speaks against the class, those
  with the group carry its label no more often than others of the same stratum, even if the group
  raises the odds as a strong natural cue would (``LEAN``);
* *the content follows the label*: the documents with group and label contradict the label no more
  than the class's other documents, even if some of them (``STRAYS``) were of another class.

Each tail is bounded by Chernoff's inequality, which holds for every sample size. Documents that
resemble one another count as fewer (``effective``), the tail is stretched by the dispersion that
the bulk of the groups shows (``inflation``; Efron 2004, empirical null), and the p-value is
multiplied by the number of groups searched (Bonferroni).
"""

from __future__ import annotations

import numpy as np

from provender.detect.label_conflict_groups import EDGES, STRATA
from provender.detect.label_conflict_model import UNIT

#: Log odds that a natural cue may add to its class beyond the rest of the content.
LEAN = 1.0
#: Share of foreign documents that a natural group may hold.
STRAYS = 0.02
#: Mean similarity that a natural group may have beyond that of its most uniform class.
LIKENESS = 0.02
#: Below this share of surprising labels nothing is believed of a stratum.
_LEAST_RATE = 0.01
#: Strata in which the content speaks against the class.
AGAINST = int(np.searchsorted(EDGES, 0.0))
_CONFLICT = np.clip(-np.concatenate((EDGES[:1], (EDGES[1:] + EDGES[:-1]) / 2, EDGES[-1:])), 0, 8)
_FEWEST_FOR_BULK = 100


def strengths(strata: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Return nats (groups,): the smaller of the two Chernoff exponents.

    Args:
        strata: int64 (groups, 2, strata): all documents by label (other, the group's class) and
            stratum of that class, in UNITs.
        tested: int64 (groups, 2, strata): those that hold the group, in UNITs.
    """
    mine, other = without(strata, tested)
    labelled = tested[:, 1] / UNIT
    against = (tested / UNIT)[:, :, :AGAINST]
    rate = np.clip((mine + 1) / (mine + other + 2), _LEAST_RATE, 1 - _LEAST_RATE)
    rate = np.maximum.accumulate(rate, axis=1)[:, :AGAINST]
    by_label = _exponent_of_labels(against[:, 1].sum(axis=1), against.sum(axis=1), rate)
    spread = (1 - STRAYS) * _shares(mine) + STRAYS * _shares(other)
    return np.asarray(np.minimum(by_label, _exponent_of_conflict(labelled, spread)))


def without(strata: np.ndarray, tested: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return documents (groups, strata) without the group: of its class, and of the others."""
    rest = np.maximum(strata - tested, 0) / UNIT
    return rest[:, 1], rest[:, 0]


def _shares(counts: np.ndarray) -> np.ndarray:
    smoothed = counts + 0.5 / STRATA
    return np.asarray(smoothed / smoothed.sum(axis=1, keepdims=True))


def _exponent_of_labels(hits: np.ndarray, tried: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return the best of t * hits - log E exp(t * labels), labels independent Bernoulli."""
    odds = rate / (1 - rate) * np.exp(LEAN)
    rate = odds / (1 + odds)
    best: np.ndarray = np.zeros(len(hits))
    for tilt in np.geomspace(0.1, 12, 40):
        value = tilt * hits - (tried * np.log1p(rate * np.expm1(tilt))).sum(axis=1)
        best = np.maximum(best, value)
    return best


def _exponent_of_conflict(labelled: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return the best of t * conflict - log E exp(t * conflict), strata drawn from ``spread``."""
    total, count = labelled @ _CONFLICT, labelled.sum(axis=1)
    best: np.ndarray = np.zeros(len(total))
    for tilt in np.geomspace(0.02, 4, 40):
        value = tilt * total - count * np.log(spread @ np.exp(tilt * _CONFLICT))
        best = np.maximum(best, value)
    return best


def inflation(strengths: np.ndarray) -> float:
    """Return how much slower than exp(-strength) the bulk's upper tail falls; at least 1."""
    if len(strengths) < _FEWEST_FOR_BULK:
        return 1.0
    ninth, last = np.quantile(strengths, [0.9, 0.99])
    return max(1.0, float((last - ninth) / np.log(10)))


def log_p(strength: np.ndarray, stretch: float, searched: int) -> np.ndarray:
    """Return the natural logarithm of the family-wise p-value, at most 0."""
    return np.asarray(np.minimum(0.0, np.log(max(searched, 1)) - strength / stretch))


def effective(documents: float, likeness: float, natural: float) -> float:
    """Return the share of ``documents`` that count as independent (Kish's design effect).

    Args:
        documents: how many there are.
        likeness: their mean pairwise cosine.
        natural: the mean pairwise cosine within the most uniform class.
    """
    floor = natural + LIKENESS
    excess = max(0.0, (likeness - floor) / max(1 - floor, 1e-9))
    return 1 / (1 + max(documents - 1, 0.0) * excess)


def planted_share(strata: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Return float64 (strata,): how likely a labelled document with the group is planted.

    A mixture of the class's own documents and documents of other classes, its weight fitted by
    expectation maximisation.

    Args:
        strata, tested: int64 (2, strata) of one group, as in `strengths`.
    """
    mine, other = without(strata[None], tested[None])
    own, foreign = _shares(mine)[0], _shares(other)[0]
    weight, labelled = 0.5, tested[1] / UNIT
    for _ in range(200):
        posterior = weight * foreign / (weight * foreign + (1 - weight) * own)
        weight = float(labelled @ posterior / max(labelled.sum(), 1e-9))
    return np.asarray(weight * foreign / (weight * foreign + (1 - weight) * own))
