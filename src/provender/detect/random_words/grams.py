"""Grams of numbered words and of classes of words, counted exactly and looked up many at a time.

Two numbers are one key, from which the first can be told again: to sort keys is to count them,
and what follows a gram is counted without a look at the words. Longer grams are a shorter one's
number and one more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from provender.stats.ordering import Places

#: One more than the largest number.
MOST_NUMBERS = 1 << 21
_BITS = np.uint64(21)
#: The low bits of a key are left to places of words.
_ROOM = np.uint64(64) - 2 * _BITS
#: Products by an odd number spread keys over all high bits (Knuth, TAOCP 3, 6.4), and a second
#: product undoes it.
_SPREAD = 0x9E3779B97F4A7C15
_PLACE = (np.uint64(1) << _ROOM) - np.uint64(1)
_GATHER = np.uint64(pow(_SPREAD, -1, 1 << 64))


def single(number: np.ndarray) -> np.ndarray:
    """Return uint64 (n,): the keys of ``number``, uint64 (n,) below `MOST_NUMBERS`."""
    return number << _ROOM


def joined(gram: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Return uint64 (n,): the keys of grams' numbers and ``number`` after each; of gram 0, 0."""
    longer = gram << _BITS
    longer |= number
    longer[gram == 0] = 0
    longer <<= _ROOM
    longer *= np.uint64(_SPREAD)
    return longer


def followers(keys: np.ndarray, grams: int) -> np.ndarray:
    """Return int32 (grams,): in how many different ``keys`` each of so many comes first."""
    begun = keys[keys > 0] * _GATHER >> (_ROOM + _BITS)
    return np.bincount(begun.view(np.int64), minlength=grams).astype(np.int32)


def before(values: np.ndarray, place: np.ndarray, by: int) -> np.ndarray:
    """Return each word's value of ``by`` words earlier, 0 where its piece has none.

    Args:
        place: int64 (n,), of each word in its piece.
    """
    moved = np.zeros_like(values)
    moved[by:] = values[:-by]
    moved[place < by] = 0
    return moved


@dataclass(frozen=True)
class Table:
    """How often each gram occurs in the sample, and how many different numbers go on from it.

    Attributes:
        keys: uint64 (grams,), ascending; the first is 0, which stands for no gram.
        count: int32 (grams,), occurrences; of 0, none.
        follow: int32 (grams,), different numbers that come next; 0 where it was not asked.
    """

    keys: np.ndarray
    count: np.ndarray
    follow: np.ndarray

    @staticmethod
    def of(grams: np.ndarray) -> Table:
        """Count ``grams``, uint64 (n,)."""
        grams = np.sort(grams)
        new = np.ones(len(grams), bool)
        new[1:] = grams[1:] != grams[:-1]
        start = np.flatnonzero(new & (grams > 0))
        keys = np.concatenate((np.zeros(1, np.uint64), grams[start]))
        count = np.concatenate(([0], np.diff(start, append=len(grams)))).astype(np.int32)
        return Table(keys, count, np.zeros(len(keys), np.int32))

    @cached_property
    def _places(self) -> Places | None:
        """Where the keys stand; None where each number up to the last is one, in its own place."""
        last = len(self.keys) - 1
        return None if self.keys[-1] == np.uint64(last) << _ROOM else Places.of(self.keys)

    def at(self, keys: np.ndarray) -> np.ndarray:
        """Return int64 (n,): where each of ``keys`` stands, 0 where it does not."""
        if self._places is None:
            place = (keys >> _ROOM).view(np.int64)
            known = place < len(self.keys)
        else:
            place, known = self._places.at(keys)
        place[~known] = 0
        return place

    def find(self, gram: np.ndarray, piece: np.ndarray, sampled: np.ndarray) -> Found:
        """Look up ``gram`` (n,), leaving out the words of its own piece where that was counted.

        Args:
            gram: keys, no more than their low bits have room for places.
            piece: int64 (n,), ascending.
            sampled: bool (n,), whether the word's piece is among those counted.
        """
        # Numbers are sorted several times as fast as an order: each key holds its word's place.
        placed = gram | np.arange(len(gram), dtype=np.uint64)
        placed.sort()
        order = (placed & _PLACE).view(np.int64)
        placed ^= order.view(np.uint64)
        of = piece[order]
        new = np.ones(len(gram), bool)
        new[1:] = (placed[1:] != placed[:-1]) | (of[1:] != of[:-1])
        first = np.flatnonzero(new)
        which = np.empty(len(gram), np.int64)
        which[order] = np.cumsum(new) - 1
        times = np.diff(first, append=len(gram))
        return Found(self, self.at(placed[first]), times, sampled[order[first]], which)


@dataclass(frozen=True)
class Found:
    """What a table says of each word of a batch, by the different grams of each piece.

    Attributes:
        place: int64 (grams,), where in the table each stands, 0 where it is not known.
        times: int64 (grams,), occurrences in its piece.
        sampled: bool (grams,), whether these are among those counted.
        which: int64 (n,), the gram that ends at each word.
    """

    table: Table
    place: np.ndarray
    times: np.ndarray
    sampled: np.ndarray
    which: np.ndarray

    @cached_property
    def count(self) -> np.ndarray:
        """int64 (n,): occurrences in other pieces."""
        others = self.table.count[self.place] - np.where(self.sampled, self.times, 0)
        return np.asarray(np.maximum(others, 0)[self.which])

    @property
    def number(self) -> np.ndarray:
        """uint64 (n,): where in the table the gram stands, 0 where no other piece has it."""
        return np.where(self.count > 0, self.place[self.which], 0).view(np.uint64)

    @property
    def own(self) -> np.ndarray:
        """int64 (n,): occurrences in its own piece."""
        return np.asarray(self.times[self.which])

    @property
    def follow(self) -> np.ndarray:
        """int32 (n,): as in the table; of grams that no other piece has, any."""
        return np.asarray(self.table.follow[self.place][self.which])


@dataclass(frozen=True)
class Chain:
    """Grams of one, two and three numbers in a row."""

    one: Table
    two: Table
    three: Table

    @staticmethod
    def of(number: np.ndarray, place: np.ndarray) -> Chain:
        """Count ``number``, uint64 (n,), all from 1 up to the largest; ``place`` as `before`."""
        pair = joined(before(number, place, 1), number)
        one, two = Table.of(single(number)), Table.of(pair)
        begun = before(two.at(pair).view(np.uint64), place, 1)
        three = Table.of(joined(begun, number))
        return Chain(
            replace(one, follow=followers(two.keys, len(one.keys))),
            replace(two, follow=followers(three.keys, len(two.keys))),
            three,
        )

    def find(
        self, number: np.ndarray, piece: np.ndarray, place: np.ndarray, sampled: np.ndarray
    ) -> tuple[Found, Found, Found]:
        """Look up the grams of ``number``; see `Table.find` and `before`."""
        two = self.two.find(joined(before(number, place, 1), number), piece, sampled)
        longest = joined(before(two.number, place, 1), number)
        one = self.one.find(single(number), piece, sampled)
        return one, two, self.three.find(longest, piece, sampled)
