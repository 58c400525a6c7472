"""What two or three contributors plant alike: set against each other, each hides the rest."""

from __future__ import annotations

from math import comb

import numpy as np

from provender.calibrate.concentration import comparable, gathering

#: Shares of the budget by how many stand out together (weighted Bonferroni).
_SHARES = {1: 0.9, 2: 0.05, 3: 0.05}


def standing_out(hits: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return each contributor's p-value: float64 (contributors,), to be paid for by their number.

    Each is set against all others, and, where they are comparable, the strongest two and three
    against those outside: each member of such a set, the least surprising one, at the price of all
    sets of the size. A natural contributor that is in one beside planters, or beside no one, must
    by itself be as rare among those outside.

    Args:
        hits: int64 (contributors,), marked rows.
        rows: int64 (contributors,), all rows, none of them 0.
    """
    many = len(hits)
    p_value = np.minimum(gathering(hits, rows) / _SHARES[1], 1.0)
    if not comparable(rows):
        return p_value
    expected = hits.sum() * rows / rows.sum()
    order = np.argsort(-(hits - expected) / np.sqrt(np.maximum(expected, 1e-300)), kind="stable")
    for size in (size for size in _SHARES if size > 1):
        together, outside = np.split(order, [size])
        among = (np.append(i, outside) for i in together)
        least = max(float(gathering(hits[one], rows[one])[0]) for one in among)
        price = comb(many, size) / many / _SHARES[size]
        p_value[together] = np.minimum(p_value[together], least * price)
    return p_value
