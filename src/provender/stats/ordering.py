"""Sorting and looking up 64-bit keys: what most time of the rules of text is spent on.

Both give what `numpy.argsort` (stable) and `numpy.searchsorted` give, in a third of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Fewer keys are sorted by comparing.
_FEW = 2048
#: The widest bucket that keys are looked for in step by step.
_WIDEST = 16


def ascending(keys: np.ndarray) -> np.ndarray:
    """Return int64 (n,): the order that sorts ``keys``, equal ones as they came.

    Numbers are sorted several times as fast as the order of numbers: each key gets its place as
    its lowest bits, for which the lowest of the key's make room, which of hashes tell nothing.

    Args:
        keys: uint64, or int64 of none below zero, (n,).
    """
    if len(keys) < _FEW:
        return np.argsort(keys, kind="stable")
    keys = keys.view(np.uint64)
    room = 64 - (len(keys) - 1).bit_length()
    lower = np.uint64(max(int(keys.max()).bit_length() - room, 0))
    order = _by_place(keys >> lower)
    if lower:
        ordered = keys[order]
        if (ordered[1:] < ordered[:-1]).any():
            order = _by_place(keys & ((np.uint64(1) << lower) - np.uint64(1)))
            order = order[_by_place(keys[order] >> lower)]
    return order


def _by_place(values: np.ndarray) -> np.ndarray:
    """Return `ascending` of uint64 ``values`` that leave the bits of a place unused."""
    bits = np.uint64((len(values) - 1).bit_length())
    placed = values << bits
    placed |= np.arange(len(values), dtype=np.uint64)
    placed.sort()
    placed &= (np.uint64(1) << bits) - np.uint64(1)
    return placed.view(np.int64)


@dataclass(frozen=True)
class Places:
    """Where keys stand among known ones: the first bits of hashes nearly tell.

    Attributes:
        keys: uint64 (n,), ascending.
        starts: int32 (buckets + 1,), where the keys with so high bits begin.
        shift: how many low bits are left out.
        steps: how many keys the fullest bucket has.
    """

    keys: np.ndarray
    starts: np.ndarray
    shift: np.uint64
    steps: int

    @staticmethod
    def of(keys: np.ndarray) -> Places:
        """Prepare ``keys``, ascending; of equal ones the first is found."""
        bits = len(keys).bit_length()
        shift = np.uint64(64 - bits - 1)
        many = np.bincount((keys >> shift).astype(np.int64), minlength=2 << bits)
        starts = np.concatenate(([0], np.cumsum(many))).astype(np.int32)
        return Places(keys, starts, shift, int(many.max()))

    def at(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return int64 (n,) the place of each of ``keys``, and bool (n,) whether it is known.

        The place of one that is not is any but one beyond the last.
        """
        last = len(self.keys) - 1
        if last < 0:
            return np.zeros(len(keys), np.int64), np.zeros(len(keys), bool)
        if self.steps > _WIDEST:
            place = np.minimum(np.searchsorted(self.keys, keys), last)
            return place, np.asarray(self.keys[place] == keys)
        bucket = (keys >> self.shift).view(np.int64)
        place = np.minimum(self.starts[bucket], last).astype(np.int64)
        met = self.keys[place]
        known, open_ = met == keys, np.flatnonzero(met < keys)
        while len(open_):
            open_ = open_[place[open_] + 1 < self.starts[bucket[open_] + 1]]
            place[open_] += 1
            met, mine = self.keys[place[open_]], keys[open_]
            known[open_[met == mine]] = True
            open_ = open_[met < mine]
        return place, known

    def hold(self, keys: np.ndarray) -> np.ndarray:
        """Return bool (n,): which of ``keys`` are known."""
        return self.at(keys)[1]
