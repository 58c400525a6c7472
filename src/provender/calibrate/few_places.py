"""Do the rows of one thing come from a few places only? (exact scan over sets of places)"""

from __future__ import annotations

import numpy as np
from scipy.special import comb
from scipy.stats import hypergeom

#: Places that together may be called few.
MOST_PLACES = 4


def few_places(held: np.ndarray, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (p-value, number of places) for each thing whose rows may come from few places.

    Null: the rows of a thing are a random draw from all rows. For a given set of places the rows
    that it holds are then hypergeometric, and the least tail over all sets of up to `MOST_PLACES`
    places is paid for by their number (Bonferroni); that the set with the most rows of each size
    is looked at, and no other, can only raise the p-value.

    Args:
        held: int64 (things, places), rows by place.
        totals: int64 (places,), all rows by place.

    Returns:
        float64 (things,), at most 1, and int64 (things,), how many of the fullest places it is for.
    """
    things, places = held.shape
    p_value, chosen = np.ones(things), np.zeros(things, np.int64)
    order = np.argsort(-held, axis=1, kind="stable")[:, :MOST_PLACES]
    tried = min(MOST_PLACES, places - 1)
    inside = np.cumsum(np.take_along_axis(held, order, axis=1), axis=1)
    size = np.cumsum(totals[order], axis=1)
    for few in range(tried):
        tail = hypergeom.sf(inside[:, few] - 1, totals.sum(), size[:, few], held.sum(axis=1))
        paid = np.minimum(tail * comb(places, few + 1) * tried, 1.0)
        better = paid < p_value
        p_value, chosen = np.where(better, paid, p_value), np.where(better, few + 1, chosen)
    return p_value, chosen
