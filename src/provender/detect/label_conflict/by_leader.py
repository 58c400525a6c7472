"""Documents by the strongest candidate that they hold: what is left once that stands."""

from __future__ import annotations

import numpy as np

from provender.detect.label_conflict.evidence import Evidence
from provender.detect.label_conflict.groups import Groups, Weighed
from provender.detect.label_conflict.loud import FEW, TAKEN, quiet_strata
from provender.detect.label_conflict.model import Labelled
from provender.detect.label_conflict.strata import STRATA

#: Documents of so many strongest candidates are counted apart, to be taken away once these stand.
LEADERS = 16


def no_counts(groups: Groups) -> tuple[np.ndarray, np.ndarray]:
    """Return what `count_by_leader` does of no documents."""
    many = len(groups.label)
    leaders = min(many, LEADERS) + 1
    tested = np.zeros((many, leaders, 3, STRATA), np.int64)
    return tested, np.zeros((len(groups.strata), leaders, 2 + len(TAKEN), STRATA), np.int64)


def count_by_leader(
    documents: Labelled,
    groups: Groups,
    weighed: Weighed,
    evidence: Evidence,
    every_stratum: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Count documents, in UNITs, by the first candidate that they hold with its label.

    Args:
        every_stratum: int64 (rows, classes), as `Groups.strata_of`.

    Returns:
        int64 (candidates, leaders + 1, 3, strata), documents that hold the candidate, as
        `Candidates.tested`, by leader (last: none); and int64 (classes, leaders + 1,
        2 + len(TAKEN), strata), all, as `Groups.strata`. Leaders are the first candidates.
    """
    tested, strata = no_counts(groups)
    text, group, stratum = weighed.text, weighed.group, weighed.stratum
    mine = documents.label[text] == groups.label[group]
    leader = np.full(documents.words.rows, tested.shape[1] - 1)
    np.minimum.at(leader, text[mine], group[mine])
    share = groups.model.shares(documents)
    np.add.at(tested, (group, leader[text], mine.astype(np.int64), stratum), share[text])
    rows = np.flatnonzero(documents.usable)
    classes, label = np.arange(len(strata)), documents.label[rows]
    own = (label[:, None] == classes).astype(np.int64)
    at = (classes, leader[rows, None], own, every_stratum[rows])
    np.add.at(strata, at, share[rows, None])
    if len(classes) >= FEW:
        quiet = quiet_strata(groups.model, evidence, documents.label)
        kinds = 2 + np.arange(len(TAKEN))[:, None]
        np.add.at(strata, (label, leader[rows], kinds, quiet[:, rows]), share[rows])
        without = quiet[groups.taken[group], text]
    else:
        without = stratum
    np.add.at(tested, (group[mine], leader[text[mine]], 2, without[mine]), share[text[mine]])
    return tested, strata
