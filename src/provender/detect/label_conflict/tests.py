"""How surprising a group of grams is: from documents by stratum to the strength of two tests.

Two null hypotheses, both of which a trigger must break, each met by documents without the group:

* *the label follows the content*: among documents whose content speaks against the class, those
  with the group carry its label no more often than others of the same stratum, even if the group
  raises the odds as a strong natural cue would (``LEAN``);
* *the content follows the label*: the documents with group and label contradict the label no more
  than the class's other documents do without as many of their loudest words, even if some of them
  (``STRAYS``) were of another class and each a little foreign (``EACH``).

Each tail is bounded by Chernoff's inequality, which holds for every sample size. Documents that
resemble one another count as fewer (``effective``).
"""

from __future__ import annotations

import numpy as np

from provender.detect.label_conflict.family import Strengths
from provender.detect.label_conflict.model import UNIT
from provender.detect.label_conflict.strata import EDGES, LEVELS, by_length

#: Log odds that a natural cue may add to its class beyond the rest of the content.
LEAN = 1.0
#: Share of foreign documents that a natural group may hold.
STRAYS = 0.02
#: How much more, of at most 1, a natural group may contradict its label on average.
SHIFT = 0.05
#: Nats that each document of a natural group may add: one word that decides a label by itself
#: leaves texts that say little, and of many such the label's others are no exact null.
EACH = 0.05
#: Mean similarity that a natural group may have beyond that of its most uniform class.
LIKENESS = 0.02
_ODDS = np.clip(-np.concatenate((EDGES[:1], (EDGES[1:] + EDGES[:-1]) / 2, EDGES[-1:])), 0, 8)
#: Documents of the other classes that a class may still hold unseen (rule of succession).
_UNSEEN = 1.0
#: Documents of strata in which at least this share is of the class surprise nobody.
_LIKELY = 0.8
#: Every tilt gives a bound that holds; so many come close to the best.
_TILTS = 24


def strengths(strata: np.ndarray, tested: np.ndarray) -> Strengths:
    """Return the two Chernoff exponents of every group.

    Args:
        strata: int64 (groups, 3, strata): all documents by label (other, the group's class) and
            stratum of that class, then as `Groups.held_against` has them; in UNITs.
        tested: int64 (groups, 3, strata): those that hold the group, in UNITs.
    """
    mine, other = without(strata, tested)
    rate = _rate(mine, other)
    against = tested[:, :2] / UNIT * (rate < _LIKELY)[:, None]
    by_label = _exponent_of_labels(against[:, 1], against.sum(axis=1), rate)
    quiet = np.maximum(strata[:, 2] - tested[:, 2], 0) / UNIT
    own, foreign = _contents(quiet, other)
    by_content = _exponent_of_conflict(tested[:, 1] / UNIT, own, foreign)
    return Strengths(by_label, by_content - EACH * against[:, 1].sum(axis=1))


def without(strata: np.ndarray, tested: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return documents (groups, strata) without the group: of its class, and of the others."""
    rest = np.maximum(strata[:, :2] - tested[:, :2], 0) / UNIT
    return rest[:, 1], rest[:, 0]


def contradicting(strata: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Return bool (groups, strata): where the label would surprise: other classes are common."""
    return np.asarray(_rate(*without(strata, tested)) < _LIKELY)


def _rate(mine: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Share of the class by stratum, never falling as the content speaks more for it.

    The isotonic fit as max-min of the shares of runs of levels (Robertson, Wright and Dykstra
    1988): a level with few documents takes its share from its neighbours. A run at any length has
    a document more of either kind. Where one of some length shows a larger share than that, by
    more than a standard error, it has the larger one.
    """
    counts = (by_length(mine), by_length(mine + other))
    runs_mine, runs_all = (np.pad(n.cumsum(axis=2), ((0, 0), (0, 0), (1, 0))) for n in counts)
    rate = np.zeros(counts[0].shape)
    for first in range(LEVELS):
        run_mine = runs_mine[:, :, first + 1 :] - runs_mine[:, :, first : first + 1]
        run_all = runs_all[:, :, first + 1 :] - runs_all[:, :, first : first + 1]
        anyhow = (run_mine.sum(axis=1, keepdims=True) + 1) / (
            run_all.sum(axis=1, keepdims=True) + 2
        )
        sure = run_mine - np.sqrt(np.maximum(run_mine, 0))
        run = np.maximum(anyhow, (sure + 2 * anyhow) / (run_all + 2))
        least = np.minimum.accumulate(run[:, :, ::-1], axis=2)[:, :, ::-1]
        rate[:, :, first:] = np.maximum(rate[:, :, first:], least)
    return rate.reshape(mine.shape)


def _contents(mine: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the documents a natural group may hold, and of foreign ones, of each length.

    Both are (groups, lengths, levels), and 1 in all over the levels.
    """
    own, foreign = _shares(mine), _shares(other)
    many = by_length(mine).sum(axis=2, keepdims=True)
    strays = np.maximum(STRAYS, _UNSEEN / (many + _UNSEEN))
    return (1 - strays) * own + strays * foreign, foreign


def _shares(counts: np.ndarray) -> np.ndarray:
    smoothed = by_length(counts) + 0.5 / LEVELS
    return np.asarray(smoothed / smoothed.sum(axis=2, keepdims=True))


def _exponent_of_labels(hits: np.ndarray, tried: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return the best of t * hits - log E exp(t * labels), labels independent Bernoulli.

    All arrays are (groups, strata). The sum goes over the levels up to the one that makes most of
    it, less the logarithm of their number for the choice: an everyday word also stands in many
    documents whose label nobody could foretell.
    """
    odds = rate / (1 - rate) * np.exp(LEAN)
    rate = odds / (1 + odds)
    found = by_length(hits).sum(axis=1)
    best: np.ndarray = np.zeros(len(hits))
    some = tried > 0  # of most strata a group has no document
    tried, rate, logs = tried[some], rate[some], np.zeros(some.shape)
    for tilt in np.geomspace(0.1, 12, _TILTS):
        logs[some] = tried * np.log1p(rate * np.expm1(tilt))
        usual = by_length(logs).sum(axis=1)
        best = np.maximum(best, (tilt * found - usual).cumsum(axis=1).max(axis=1))
    return np.asarray(best - np.log(LEVELS))


def _exponent_of_conflict(labelled: np.ndarray, own: np.ndarray, foreign: np.ndarray) -> np.ndarray:
    """Return the best of t * conflict - log E exp(t * conflict), levels drawn from ``own``.

    Conflict is measured twice and the larger exponent counts, less log 2 for the choice: as log
    odds against the class, which tells apart how loudly documents contradict; and by rank, as
    `_ranks`, for labels that content foretells faintly.
    """
    labelled = by_length(labelled)
    by_odds = _best(labelled, _ODDS, own, 0.0)
    by_rank = _best(labelled, 8 * _ranks(foreign), own, 8 * SHIFT)
    return np.asarray(np.maximum(by_odds, by_rank) - np.log(2))


def _ranks(foreign: np.ndarray) -> np.ndarray:
    """Return conflict 0 to 1 (groups, lengths, levels): 1 if as foreign as the usual foreigner.

    Twice the share of foreign documents that are less foreign, and half of those in the stratum.
    """
    return np.asarray(np.minimum(1, 2 * (1 - foreign.cumsum(axis=2)) + foreign))


def _best(
    labelled: np.ndarray, conflict: np.ndarray, own: np.ndarray, allowed: float
) -> np.ndarray:
    count = labelled.sum(axis=2)
    total = (labelled * conflict).sum(axis=(1, 2)) - allowed * count.sum(axis=1)
    best: np.ndarray = np.zeros(len(labelled))
    some = count > 0
    own, logs = own[some], np.zeros(count.shape)
    conflict = conflict if conflict.ndim == 1 else conflict[some]
    for tilt in np.geomspace(0.02, 4, _TILTS):
        logs[some] = np.log((own * np.exp(tilt * conflict)).sum(axis=1))
        best = np.maximum(best, tilt * total - (count * logs).sum(axis=1))
    return best


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
    """Return float64 (levels,): how likely a labelled document with the group is planted.

    A mixture of the class's own documents and documents of other classes, of any length, its
    weight fitted by expectation maximisation.

    Args:
        strata, tested: int64 (3, strata) of one group, as in `strengths`.
    """
    strata, tested = by_length(strata[:2]).sum(axis=1), by_length(tested[:2]).sum(axis=1)
    rest = np.maximum(strata - tested, 0) / UNIT + 0.5 / LEVELS
    foreign, own = rest / rest.sum(axis=1, keepdims=True)
    weight, labelled = 0.5, tested[1] / UNIT
    for _ in range(200):
        posterior = weight * foreign / (weight * foreign + (1 - weight) * own)
        weight = float(labelled @ posterior / max(labelled.sum(), 1e-9))
    return np.asarray(weight * foreign / (weight * foreign + (1 - weight) * own))
