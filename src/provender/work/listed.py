"""Rows that a state detector lists; of equal ones, which copy is the suspect.

Of a group of equal records all but one are flagged. Which copy came first in the files says
nothing: a flood lies in one place and copies what lies everywhere. So the copy that is kept is
the one in the shard where the fewest grouped records lie, and on a tie the first.
"""

from __future__ import annotations

import numpy as np

from provender.detect.base import RowScores


def gathered(scores: RowScores, starts: np.ndarray) -> np.ndarray:
    """Return int64 (shards,): grouped rows in each shard.

    Args:
        starts: int64 (shards,), the global number of each shard's first row.
    """
    shards = shards_of(scores, starts)
    grouped = shards if scores.group is None else shards[scores.group >= 0]
    return np.bincount(grouped, minlength=len(starts))


def shards_of(scores: RowScores, starts: np.ndarray) -> np.ndarray:
    """Return int64 (rows,): the shard that each listed row lies in."""
    assert scores.rows is not None
    return np.searchsorted(starts, scores.rows, side="right") - 1


def suspects_among(listed: RowScores, starts: np.ndarray, crowd: np.ndarray) -> RowScores:
    """Return the listed rows without the one of each group that is spared.

    Args:
        crowd: int64 (shards,), grouped rows in each shard over the whole data set.
    """
    if listed.group is None or listed.rows is None or not len(listed.rows):
        return listed
    order = np.lexsort((listed.rows, crowd[shards_of(listed, starts)], listed.group))
    groups = listed.group[order]
    first = np.ones(len(groups), bool)
    first[1:] = groups[1:] != groups[:-1]
    spared = np.zeros(len(groups), bool)
    spared[order] = first & (groups >= 0)
    left = ~spared
    return RowScores(
        listed.score[left],
        listed.p_value[left],
        listed.cause[left],
        listed.rows[left],
        listed.group[left],
    )
