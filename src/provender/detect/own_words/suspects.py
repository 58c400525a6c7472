"""The grams that may be one source's alone, or two or three's: what is to be counted exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.stats.gram_table import Counts
from provender.stats.packing import pack, unpack

#: Rows that a gram must stand in.
FEWEST = 5
#: Share of them that must be of one source, or of two or three together.
ALONE = 0.7
_KIND = "source-words-suspects/1"


@dataclass(frozen=True)
class Suspects:
    """Attributes:
    keys: uint64 (suspects,) ascending, each the key of one gram that stands for its group.
    rows: int64 (suspects,), rows that hold it.
    sources: rows (one column) by hash of the source.
    searched: groups of grams that the p-values pay for.
    unseen: what of the data is not looked at and why; '' when nothing is left out.
    """

    keys: np.ndarray
    rows: np.ndarray
    sources: Counts
    searched: int
    unseen: str

    @property
    def total(self) -> int:
        """Number of rows that name a source."""
        return int(self.sources.values.sum())

    def pack(self) -> bytes:
        arrays = {
            "keys": self.keys,
            "rows": self.rows,
            "source_keys": self.sources.keys,
            "source_rows": self.sources.values,
        }
        return pack(_KIND, {"searched": self.searched, "unseen": self.unseen}, arrays)

    @staticmethod
    def unpack(data: bytes) -> Suspects:
        meta, arrays = unpack(_KIND, data)
        sources = Counts(arrays["source_keys"], arrays["source_rows"])
        return Suspects(arrays["keys"], arrays["rows"], sources, meta["searched"], meta["unseen"])
