"""How many texts with a string must go until the string is not named any more."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import pyarrow.compute as pc

from provender.calibrate.few_places import few_places
from provender.detect.repeated_strings.suspects import FEW_P, FEWEST
from provender.detect.repeated_strings.texts import Around


def until_rare(texts: int) -> int:
    """Return how many of so many texts must go until the string stands in too few to be seen.

    By chance a run of eight words does not come twice, but strings of fewer than `FEWEST` texts
    are not looked at.
    """
    return max(texts - FEWEST + 1, 0)


def until_from_many(around: Around, string: int, paid: float) -> int:
    """Return how many texts must go until they may come from all sources, or are too few.

    They are taken from the fullest sources, one by one.

    Args:
        paid: what a p-value is multiplied by, for all strings that were tried.
    """
    mine = around.held.filter(pc.equal(around.held["string"], string))
    names, totals = around.sources["source"].combine_chunks(), around.sources["rows"].to_numpy()
    held = np.zeros(len(names), np.int64)
    held[pc.index_in(mine["source"].combine_chunks(), names).to_numpy()] = mine["rows"].to_numpy()
    source = np.repeat(np.arange(len(held)), held)
    height = np.concatenate([np.arange(n) for n in held.tolist()])
    order = source[np.argsort(-height, kind="stable")]

    def calm(gone: int) -> bool:
        taken = np.bincount(order[:gone], minlength=len(held))
        p_value, _ = few_places((held - taken)[None], totals - taken)
        return bool(p_value[0] * paid > FEW_P)

    return bisect_left(range(until_rare(len(order))), True, key=calm)
