"""Conformal p-values: the rank of a row's score among the rows of its group, or trusted rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.stats.quantiles import ValueCounts


@dataclass(frozen=True)
class Ranks:
    """How many reference rows of a group score at least so much.

    A row that is exchangeable with the reference rows of its group has a p-value of at most t with
    probability t at most, whatever the scores are distributed like, if it is among them (Vovk,
    Gammerman and Shafer 2005, "Algorithmic Learning in a Random World", ch. 4: by category).

    Attributes:
        starts: int64 (groups + 1,): the steps of group g are starts[g] to starts[g + 1].
        score: float64 (steps,), ascending for each group.
        share: float64 (steps,): of the group's reference rows, those that score at least that.
    """

    starts: np.ndarray
    score: np.ndarray
    share: np.ndarray

    @staticmethod
    def of(group: np.ndarray, score: np.ndarray, rows: np.ndarray, groups: int) -> Ranks:
        """Rank reference rows.

        Args:
            group: int64 (cells,), below ``groups``.
            score: float64 (cells,), higher is more abnormal.
            rows: (cells,), how many rows of the group have that score.
        """
        steps, shares = [np.zeros(0)], [np.zeros(0)]
        for g in range(groups):
            mine = group == g
            step, place = np.unique(score[mine], return_inverse=True)
            counted = np.bincount(place, rows[mine], len(step))
            above = np.cumsum(counted[::-1])[::-1]
            steps.append(step)
            shares.append(above / max(counted.sum(), 1))
        starts = np.cumsum([len(step) for step in steps])
        return Ranks(starts, np.concatenate(steps), np.concatenate(shares))

    def p_values(self, group: np.ndarray, score: np.ndarray) -> np.ndarray:
        """Return float64 (rows,): of rows beyond all others, the least there is.

        1 in a group without reference rows.
        """
        p_value = np.ones(len(group))
        for g in np.unique(group).tolist():
            steps = slice(self.starts[g], self.starts[g + 1])
            if steps.start < steps.stop:
                mine = group == g
                place = np.searchsorted(self.score[steps], score[mine])
                p_value[mine] = self.share[steps][np.minimum(place, steps.stop - steps.start - 1)]
        return p_value


def split_p_values(score: np.ndarray, trusted: ValueCounts) -> np.ndarray:
    """Return float64 (rows,): the rank of each score among trusted rows that no fit has seen.

    (1 + the trusted rows that score at least so much) / (1 + all of them). A row that is
    exchangeable with the trusted ones has at most t with probability t at most, whatever the scores
    are (Vovk, Gammerman and Shafer 2005, ch. 4). Rows that share the trusted ones are
    positively dependent, and Benjamini-Hochberg holds its rate over them (Bates, Candès, Lei,
    Romano and Sesia 2023, Annals of Statistics 51). NaN where there is no trusted row.
    """
    if not trusted.total:
        return np.full(len(score), np.nan)
    at_least = np.concatenate((np.cumsum(trusted.counts[::-1])[::-1], [0]))
    found = at_least[np.searchsorted(trusted.values(), score, side="left")]
    return np.asarray((1 + found) / (1 + trusted.total))
