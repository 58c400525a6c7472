"""How many rows of a trigger must go until what is left of it could be chance."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

import numpy as np

from provender.detect.label_conflict.family import Family
from provender.detect.label_conflict.model import UNIT
from provender.detect.label_conflict.tests import contradicting, strengths


def until_chance(
    strata: np.ndarray,
    tested: np.ndarray,
    rows: np.ndarray,
    share: Callable[[float], float],
    stretch: float,
    family: Family,
    highest_p: float,
) -> int:
    """Return the fewest rows to remove until the p-value is above ``highest_p``.

    What is left is taken to contradict its label as what goes does: the most contradicting rows
    do go first, but without them the model will see the rest more clearly. Where the rest stands
    even without all of ``rows``, all go.

    Args:
        strata, tested: int64 (3, strata) of one group, as in `strengths`.
        rows: int64 (strata,), rows with the group and its label that may go, copies counted.
        share: of so many contradicting documents with the label, how many count as independent.
        stretch: how much slower the bulk's tail falls, as `inflation`.
        family: what the p-value pays for.
    """
    total = int(rows.sum())
    alike = np.array_equal(tested[1], tested[2])  # of few classes they are counted alike

    def calm(gone: int) -> bool:
        taken = np.zeros(strata.shape, np.int64)
        taken[1] = np.rint(tested[1] * (rows > 0) * (gone / total))
        taken[2] = taken[1] if alike else np.rint(tested[2] * (taken[1].sum() / tested[1].sum()))
        everything, left = (strata - taken)[None], (tested - taken)[None]
        against = left[0, 1, contradicting(everything, left)[0]].sum() / UNIT
        left_strength = strengths(everything, left).times(share(float(against)))
        return bool(family.log_p(left_strength, stretch)[0] > np.log(highest_p))

    return bisect_left(range(total), True, key=calm)
