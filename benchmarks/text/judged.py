"""What one method says about every row of one table, and how good that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.attacks.base import Planted
from provender.attacks.naming import names

RATES = (0.001, 0.01)


@dataclass(frozen=True)
class Judged:
    """The answer of a method.

    Attributes:
        score: float64 (rows,), higher is more suspicious; ties are ties.
        flagged: bool (rows,), what the method would set aside at its own threshold.
        alarm: whether it calls the whole data set poisoned.
        triggers: what it names, most suspicious first; None for a method that names nothing.
    """

    score: np.ndarray
    flagged: np.ndarray
    alarm: bool
    triggers: list[str] | None = None


@dataclass(frozen=True)
class Quality:
    """Figures of one answer.

    Attributes:
        rank: place of the trigger among what was named, from 1; 0 where it was not.
        recall_at: share of the planted rows found at a false positive rate of .1 % and of 1 %.
        precision: share of planted rows among the flagged ones; NaN where none was flagged.
        clean_flagged: flagged rows that were not planted.
        alarm: whether the data set as a whole was called poisoned.
    """

    rank: int
    recall_at: tuple[float, ...]
    precision: float
    clean_flagged: int
    alarm: bool


def quality(judged: Judged, planted: Planted) -> Quality:
    """Hold an answer against the truth."""
    truth = np.zeros(len(judged.score), bool)
    truth[planted.rows] = True
    hits, flags = int((judged.flagged & truth).sum()), int(judged.flagged.sum())
    named = [names(what, planted.trigger) for what in judged.triggers or []]
    return Quality(
        named.index(True) + 1 if True in named else 0,
        tuple(recall_at(judged.score, truth, rate) for rate in RATES),
        hits / flags if flags else float("nan"),
        flags - hits,
        judged.alarm,
    )


def recall_at(score: np.ndarray, truth: np.ndarray, rate: float) -> float:
    """Return the share of ``truth`` that scores above all but a share ``rate`` of the others.

    A tie across the limit does not count as found: no threshold parts its rows.
    """
    clean = np.sort(score[~truth])[::-1]
    allowed = int(rate * len(clean))
    return float((score[truth] > clean[allowed]).mean()) if len(clean) else float("nan")
