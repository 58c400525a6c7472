"""Texts as code points with what each of them is, so that the search runs on whole arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.hidden_characters.classes import Shape, classes
from provender.stats.cell_hash import byte_runs


@dataclass(frozen=True)
class Text:
    """Some rows end to end.

    Attributes:
        points: uint32 (n,), code points.
        row: int64 (n,), the row each belongs to, ascending.
        first: bool (n,), whether it is the first of its row.
        unseen, shape: uint8 (n,), see `hidden_characters.classes`.
    """

    points: np.ndarray
    row: np.ndarray
    first: np.ndarray
    unseen: np.ndarray
    shape: np.ndarray

    @staticmethod
    def of(cells: pa.Array, rows: np.ndarray) -> Text:
        """Decode ``cells`` (strings without nulls), which are the rows ``rows``."""
        data, _ = byte_runs(cells)
        points = np.frombuffer(bytes(data).decode("utf-8").encode("utf-32-le"), np.uint32)
        counts = np.asarray(pc.utf8_length(cells)).astype(np.int64)
        table = classes()
        first = np.zeros(len(points) + 1, bool)
        first[np.cumsum(counts) - counts] = True
        row = np.repeat(rows, counts)
        return Text(points, row, first[:-1], table.unseen[points], table.shape[points])

    def runs(self, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return int64 starts and stops of the runs of ``mask`` (bool (n,)); none spans rows."""
        begins, ends = mask.copy(), mask.copy()
        begins[1:] &= ~mask[:-1] | self.first[1:]
        ends[:-1] &= ~mask[1:] | self.first[1:]
        return np.flatnonzero(begins), np.flatnonzero(ends) + 1

    def beside(self, starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the shapes (uint8) before and after each run, 0 where the row ends there."""
        before, after = np.zeros(len(starts), np.uint8), np.zeros(len(stops), np.uint8)
        there = ~self.first[starts]
        before[there] = self.shape[starts[there] - 1]
        there = stops < len(self.row)
        there[there] = self.row[stops[there]] == self.row[stops[there] - 1]
        after[there] = self.shape[stops[there]]
        return before, after

    def rows_with(self, mask: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Tell of each index in ``at`` whether its row holds a code point of ``mask``."""
        return np.isin(self.row[at], self.row[mask])

    def tokens(
        self, starts: np.ndarray, stops: np.ndarray, most: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Widen runs to the white-space separated tokens they stand in, ``most`` a side."""
        space = np.flatnonzero((self.shape & Shape.SPACE) != 0)
        space = np.concatenate(([-1], space, [len(self.row)]))
        low = space[np.searchsorted(space, starts, side="left") - 1] + 1
        high = space[np.searchsorted(space, stops, side="left")]
        first = np.searchsorted(self.row, self.row[starts], side="left")
        last = np.searchsorted(self.row, self.row[starts], side="right")
        low = np.maximum.reduce([low, first, starts - most])
        return low, np.minimum.reduce([high, last, stops + most])
