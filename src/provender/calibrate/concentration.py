"""Do flagged rows gather in one shard or source beyond chance? (exact hypergeometric tail)"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.stats import hypergeom

from provender.calibrate.fdr import benjamini_hochberg


def concentrated(
    flagged: Mapping[str, int], totals: Mapping[str, int], rate: float, least: int = 5
) -> list[tuple[str, float]]:
    """Return (place, p-value) where flags gather, most significant first.

    Null: the flagged rows are a random draw from all rows, so a place with n of N rows holds
    Hypergeometric(N, n, flagged) of them. Benjamini-Hochberg at ``rate`` over all places.

    Args:
        flagged: flagged rows by place (places without any may be missing).
        totals: all rows by place.
        rate: false discovery rate over places.
        least: a place with fewer flagged rows is never named.
    """
    places = sorted(totals)
    if len(places) < 2:
        return []
    rows = np.array([totals[p] for p in places])
    hits = np.array([flagged.get(p, 0) for p in places])
    p_values = hypergeom.sf(hits - 1, rows.sum(), hits.sum(), rows)
    named = benjamini_hochberg(p_values, rate) & (hits >= least)
    found = [(places[i], float(p_values[i])) for i in np.flatnonzero(named)]
    return sorted(found, key=lambda item: (item[1], item[0]))
