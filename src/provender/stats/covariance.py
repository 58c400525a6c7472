"""Counts, sums and sums of products per group, as exact integers.

Features are integers of at most `WIDEST` in magnitude, so a batch's matrix product is exact in
float64 (below 2**53) and int64 totals hold 2**35 rows: no order of adding changes a bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from provender.stats.packing import pack, unpack

#: Largest magnitude of a feature.
WIDEST = 2**14
#: Rows whose products are summed in float64 before they join the integer totals.
_BLOCK = 2**22
_KIND = "moments/1"

#: (label, length of the vector before reduction, part)
Key = tuple[str, int, int]


@dataclass(frozen=True)
class Moments:
    """Sums over the rows of one group.

    Attributes:
        rows: how many.
        total: int64 (d,), the sum of the features.
        products: int64 (d, d), the sum of their outer products.
    """

    rows: int
    total: np.ndarray
    products: np.ndarray

    @staticmethod
    def of(features: np.ndarray) -> Moments:
        """Sum ``features`` (float64 (n, d), whole numbers within ±`WIDEST`)."""
        width = features.shape[1]
        products = np.zeros((width, width), np.int64)
        for start in range(0, len(features), _BLOCK):
            block = features[start : start + _BLOCK]
            products += (block.T @ block).astype(np.int64)
        return Moments(len(features), features.sum(axis=0).astype(np.int64), products)

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.rows + other.rows, self.total + other.total, self.products + other.products
        )

    def mean(self) -> np.ndarray:
        """Return float64 (d,)."""
        return np.asarray(self.total / self.rows)

    def scatter(self, centre: np.ndarray) -> np.ndarray:
        """Return float64 (d, d): the sum of outer products about ``centre``."""
        cross = np.outer(self.total, centre)
        scatter = self.products - cross - cross.T + self.rows * np.outer(centre, centre)
        return np.asarray(scatter)


def merged(parts: Sequence[Mapping[Key, Moments]]) -> dict[Key, Moments]:
    """Return the moments of all parts."""
    total: dict[Key, Moments] = {}
    for part in parts:
        for key, moments in part.items():
            total[key] = total[key] + moments if key in total else moments
    return total


def pack_moments(groups: Mapping[Key, Moments]) -> bytes:
    """Return bytes; only the upper triangle of the products is written."""
    keys = sorted(groups)
    arrays: dict[str, np.ndarray] = {}
    for i, key in enumerate(keys):
        upper = np.triu_indices(len(groups[key].total))
        arrays[f"total{i}"] = groups[key].total
        arrays[f"products{i}"] = groups[key].products[upper]
    heads = [[*key, groups[key].rows] for key in keys]
    return pack(_KIND, {"groups": heads}, arrays)


def unpack_moments(data: bytes) -> dict[Key, Moments]:
    """Return what `pack_moments` wrote.

    Raises:
        ValueError: when the bytes are not such groups.
    """
    meta, arrays = unpack(_KIND, data)
    groups: dict[Key, Moments] = {}
    for i, (label, length, part, rows) in enumerate(meta["groups"]):
        total = arrays[f"total{i}"]
        products = np.zeros((len(total), len(total)), np.int64)
        products[np.triu_indices(len(total))] = arrays[f"products{i}"]
        products += np.triu(products, 1).T
        groups[(label, length, part)] = Moments(rows, total, products)
    return groups
