"""What a source, or two or three together, pay for the search among all sets as large."""

from __future__ import annotations

from math import comb

#: Share of sources that may have words of their own, one at least, before that is their nature.
NATURAL = 0.1
#: Shares of the budget by how many sources hold a gram together (weighted Bonferroni, Genovese,
#: Roeder and Wasserman 2006).
_SHARES = {1: 0.8, 2: 0.1, 3: 0.1}
#: Sources that may hold a gram together.
MOST = max(_SHARES)


def prices(sources: int) -> dict[int, float]:
    """Return, by size, by how much a set of sources multiplies its p-value.

    No set is above a tenth of the sources: of so few it may be nature to say the same.
    """
    sizes = [size for size in _SHARES if size <= max(1, NATURAL * sources)]
    budget = sum(_SHARES[size] for size in sizes)
    return {size: comb(sources, size) * budget / _SHARES[size] for size in sizes}
