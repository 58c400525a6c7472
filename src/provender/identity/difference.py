"""Which records two sides do not share, as multisets: rows known by digest, a part at a time.

Rows come as structured arrays (`ROW`) in file order, in blocks of any number; what is held is one
block, and one entry for each distinct digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

#: One record: its digest, its key's digest (16 bytes; zero where it has no key), and its place.
ROW = np.dtype([("digest", "<u8", 4), ("key", "<u8", 2), ("shard", "<i4"), ("row", "<i8")])

Blocks = Callable[[], Iterable[np.ndarray]]


def surplus(before: Blocks, after: Blocks) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (side, rows) that only that side has: 0 for before, 1 for after.

    Of equal records that one side has more often, its last ones are the surplus. Each side is
    gone through twice.
    """
    sides = (before, after)
    known = _count("digest", sides)
    common = known.counts.min(axis=1)
    for side, blocks in enumerate(sides):
        seen = np.zeros(len(common), np.int64)
        for block in blocks():
            place = known.places(block["digest"])
            rank = seen[place] + _rank(place)
            seen += np.bincount(place, minlength=len(seen))
            yield side, block[rank >= common[place]]


class SharedKeys:
    """Which keys occur once on each of two sides, and so tell which record became which."""

    def __init__(self, before: Blocks, after: Blocks) -> None:
        self._known = _count("key", (before, after))

    def split(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (once, alone, unclear) of rows of either side.

        Once: the key occurs once on each side; alone: the other side lacks it, or there is none;
        unclear: both sides have it, one of them more than once.
        """
        counts = self._known.counts[self._known.places(rows["key"])]
        keyed = rows["key"].any(axis=1)
        once = keyed & (counts == 1).all(axis=1)
        alone = ~keyed | ~counts.all(axis=1)
        return rows[once], rows[alone], rows[~once & ~alone]


def by_key(rows: np.ndarray) -> np.ndarray:
    """Return rows sorted by key, so that both sides of the keys they share are aligned."""
    return rows[np.lexsort(rows["key"].T)]


@dataclass(frozen=True)
class _Known:
    """Distinct values (n, words), sorted, and int64 (n, 2) how often each side has them."""

    values: np.ndarray
    counts: np.ndarray

    def places(self, values: np.ndarray) -> np.ndarray:
        """Return the index of each of ``values``, all of which must be known."""
        both = np.concatenate([self.values, values])
        _, group = _distinct(both)
        return group[len(self.values) :]


def _count(field: str, sides: tuple[Blocks, Blocks]) -> _Known:
    words = ROW[field].shape[0]
    known = _Known(np.zeros((0, words), np.uint64), np.zeros((0, 2), np.int64))
    for side, blocks in enumerate(sides):
        for block in blocks():
            values, group = _distinct(np.concatenate([known.values, block[field]]))
            counts = np.zeros((len(values), 2), np.int64)
            counts[group[: len(known.values)]] = known.counts
            counts[:, side] += np.bincount(group[len(known.values) :], minlength=len(values))
            known = _Known(values, counts)
    return known


def _distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct rows of (n, words), sorted, and which of them each row is."""
    order = np.lexsort(values.T)
    ordered = values[order]
    new = np.ones(len(values), bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    group = np.empty(len(values), np.int64)
    group[order] = np.cumsum(new) - 1
    return ordered[new], group


def _rank(place: np.ndarray) -> np.ndarray:
    """Return for each entry how many equal ones stand before it."""
    order = np.argsort(place, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(place))))
    rank = np.empty(len(place), np.int64)
    rank[order] = np.arange(len(place)) - starts[place[order]]
    return rank
