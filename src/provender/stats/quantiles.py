"""Counts of numbers by value, exact while they are few and evenly coarser when they are many.

Every float64 has a place on one integer line (its bits, reordered to be monotone). Dropping the
lowest ``shift`` bits of that place makes cells that are linear within an octave and logarithmic
across octaves, as in HdrHistogram and DDSketch (Masson et al. 2019). ``shift`` is the smallest
that leaves at most ``CELLS`` occupied cells. A part of the data never needs a larger shift than
the whole, so the result is a function of the multiset of values alone: pieces merge to it
exactly, in any order and under any cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Occupied cells kept. At a shift of 52 every finite float64 falls in one of 4,094 cells.
CELLS = 8192
_MAGNITUDE = np.int64(0x7FFF_FFFF_FFFF_FFFF)


@dataclass(frozen=True)
class ValueCounts:
    """How many finite values fell in each occupied cell.

    Attributes:
        shift: low bits dropped from each value's place; 0 means that the values are exact.
        cells: int64 (n,), ascending.
        counts: int64 (n,), all positive.
    """

    shift: int
    cells: np.ndarray
    counts: np.ndarray

    @staticmethod
    def empty() -> ValueCounts:
        """Return the counts of no values."""
        return ValueCounts(0, np.zeros(0, np.int64), np.zeros(0, np.int64))

    @staticmethod
    def of(values: np.ndarray, shift: int = 0) -> ValueCounts:
        """Count ``values`` (float64 (n,), finite), starting from a shift known to be needed."""
        cells, counts = np.unique(_places(values) >> shift, return_counts=True)
        return _coarsened(shift, cells, counts.astype(np.int64))

    def merge(self, *others: ValueCounts) -> ValueCounts:
        """Return the counts of all."""
        parts = (self, *others)
        shift = max(p.shift for p in parts)
        places = np.concatenate([p.cells >> (shift - p.shift) for p in parts])
        cells, inverse = np.unique(places, return_inverse=True)
        # float64 sums of integers are exact below 2**53 rows.
        counts = np.bincount(
            inverse, weights=np.concatenate([p.counts for p in parts]), minlength=len(cells)
        )
        return _coarsened(shift, cells, counts.astype(np.int64))

    @property
    def total(self) -> int:
        """Number of values counted."""
        return int(self.counts.sum())

    def values(self) -> np.ndarray:
        """Return float64 (n,): each cell's edge nearest to zero, ascending.

        Numbers with few significant digits have few significant bits, so the edge usually is
        the value itself.
        """
        low = self.cells << self.shift
        places = np.where(self.cells < 0, low + ((1 << self.shift) - 1), low)
        return np.asarray((places ^ ((places >> 63) & _MAGNITUDE)).view(np.float64))


def _places(values: np.ndarray) -> np.ndarray:
    """Return int64 places that order like the values; -0.0 goes where 0.0 is."""
    bits = (values + 0.0).view(np.int64)
    return bits ^ ((bits >> 63) & _MAGNITUDE)


def _coarsened(shift: int, cells: np.ndarray, counts: np.ndarray) -> ValueCounts:
    """Drop bits until at most ``CELLS`` cells are left."""
    while len(cells) > CELLS:
        shift += 1
        halved = cells >> 1
        starts = np.flatnonzero(np.diff(halved, prepend=halved[0] - 1))
        cells, counts = halved[starts], np.add.reduceat(counts, starts)
    return ValueCounts(shift, cells, counts)
