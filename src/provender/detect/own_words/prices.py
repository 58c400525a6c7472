"""What a source, or two or three together, pay for the search among all sets as large."""

from __future__ import annotations

from math import comb

#: Share of sources that may have words of their own, one at least, before that is their nature.
NATURAL = 0.1
#: Sources that may hold a gram together.
MOST = 3


def prices(sources: int) -> dict[int, float]:
    """Return, by size, by how much a set of sources multiplies its p-value.

    The sizes share the budget equally. No set is above a tenth of the sources: of so few it may be
    nature to say the same.
    """
    sizes = [size for size in range(1, MOST + 1) if size <= max(1, NATURAL * sources)]
    return {size: float(comb(sources, size) * len(sizes)) for size in sizes}
