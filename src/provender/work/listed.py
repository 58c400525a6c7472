"""Rows that a state detector lists; of equal ones, which copy is the suspect.

Of a group of equal records all but one are flagged. Which copy came first in the files says
nothing: a flood lies in one place and copies what lies everywhere. So the copy that is kept is
the one in the shard where the fewest grouped records lie, and on a tie the first.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, cast

import numpy as np

from provender.detect.base import RowScores, StateDetector
from provender.io.states import StateStore


def gathered(scores: RowScores, starts: tuple[int, ...]) -> np.ndarray:
    """Return int64 (shards,): grouped rows in each shard; ``starts`` are first row numbers."""
    assert scores.rows is not None
    shards = np.searchsorted(np.array(starts), scores.rows, side="right") - 1
    grouped = shards if scores.group is None else shards[scores.group >= 0]
    return np.bincount(grouped, minlength=len(starts))


def suspects_listed(
    detector: StateDetector,
    profile: str,
    store: StateStore,
    starts: tuple[int, ...],
    crowd: tuple[int, ...],
) -> RowScores:
    """Return the listed rows without the one of each group that is kept.

    Args:
        profile: store name of the detector's profile.
        starts: global number of each shard's first row.
        crowd: grouped rows in each shard, over all parts of the profile.
    """
    # Detectors are frozen, so the pieces of one data set share what was computed once.
    return _suspects_listed(cast(Hashable, detector), profile, store, starts, crowd)


@lru_cache(maxsize=16)
def _suspects_listed(
    detector: Any,
    profile: str,
    store: StateStore,
    starts: tuple[int, ...],
    crowd: tuple[int, ...],
) -> RowScores:
    listed: RowScores = detector.flagged(store.require(profile))
    if listed.group is None or listed.rows is None or not len(listed.rows):
        return listed
    shards = np.searchsorted(np.array(starts), listed.rows, side="right") - 1
    order = np.lexsort((listed.rows, np.array(crowd)[shards], listed.group))
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
