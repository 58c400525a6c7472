"""Grams of words and of classes of words, counted exactly, and looked up by whole batches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from provender.detect.random_words.sample import ENDING_BITS, Pieces
from provender.stats.cell_hash import mix
from provender.stats.ordering import Places, ascending

_PAIR, _TRIPLE, _SKIP = (
    np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
)
#: So many of the most frequent words are a class each; the others are told by their ending.
_FREQUENT = 500


@dataclass(frozen=True)
class Grams:
    """uint64 (n,) keys of the grams that end at each word; 0 where a piece has not so many yet.

    Attributes:
        piece: int64 (n,), the piece of each word.
        place: int64 (n,), the word's place in it.
        skip: the word before the last, and the word.
    """

    piece: np.ndarray
    place: np.ndarray
    word: np.ndarray
    pair: np.ndarray
    triple: np.ndarray
    skip: np.ndarray
    kind: np.ndarray
    kind_pair: np.ndarray
    kind_triple: np.ndarray

    @staticmethod
    def of(pieces: Pieces, frequent: Places) -> Grams:
        """Take the grams of ``pieces``; ``frequent`` are the words that are a class each."""
        counts, word = pieces.counts, pieces.words
        piece = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(len(word)) - np.repeat(np.cumsum(counts) - counts, counts)
        pair, triple = _chains(word, place)
        skip = mix(before(word, place, 2) * _SKIP + word)
        skip[place < 2] = 0
        kind = mix(np.where(frequent.hold(word), word, word & ENDING_BITS) + np.uint64(1))
        return Grams(piece, place, word, pair, triple, skip, kind, *_chains(kind, place))


def _chains(key: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the keys of pairs and of triples."""
    pair = mix(before(key, place, 1) * _PAIR + key)
    pair[place < 1] = 0
    triple = mix(before(pair, place, 1) * _TRIPLE + key)
    triple[place < 2] = 0
    return pair, triple


def before(values: np.ndarray, place: np.ndarray, by: int) -> np.ndarray:
    """Return each word's value of ``by`` words earlier, 0 where its piece has none."""
    moved = np.zeros_like(values)
    moved[by:] = values[:-by]
    moved[place < by] = 0
    return moved


def frequent_words(words: Distinct) -> Places:
    """Return the most frequent of the different ``words``."""
    keys, counts = words.keys[1:], words.count[1:]
    return Places.of(np.sort(keys[np.lexsort((keys, -counts))[:_FREQUENT]]))


@dataclass(frozen=True)
class Distinct:
    """The different grams of a sample.

    Attributes:
        keys: uint64 (grams,), ascending; the first is 0, which stands for no gram.
        first: int64 (grams,), a word that ends each; of 0, any.
        count: int64 (grams,), occurrences; of 0, none.
        which: int64 (n,), the gram that ends at each word: an index into the others.
    """

    keys: np.ndarray
    first: np.ndarray
    count: np.ndarray
    which: np.ndarray

    @staticmethod
    def of(gram: np.ndarray) -> Distinct:
        """Sort ``gram``, uint64 (n,), at least one."""
        order = ascending(gram)
        key = gram[order]
        new = np.concatenate(([True], key[1:] != key[:-1]))
        start = np.flatnonzero(new)
        keys, first, count = key[start], order[start], np.diff(np.append(start, len(key)))
        which = np.empty(len(key), np.int64)
        which[order] = np.cumsum(new) - 1
        if keys[0]:
            keys, first, count = (
                np.concatenate((np.zeros(1, v.dtype), v)) for v in (keys, first, count)
            )
            which += 1
        count[0] = 0
        return Distinct(keys, first, count, which)

    def begun(self, longer: Distinct, places: np.ndarray, by: int) -> np.ndarray:
        """Return int32 (grams,): how many different ``longer`` ones end ``by`` words after each.

        Args:
            places: int64 (n,), of each word in its piece.
        """
        begins = before(self.which, places, by)[longer.first[1:]]
        return np.bincount(begins, minlength=len(self.keys)).astype(np.int32)


@dataclass(frozen=True)
class Table:
    """How often each gram occurs, and by how many different words it is followed.

    Attributes:
        keys, count: as in `Distinct`.
        follow: int32 (grams,), different grams of one word more that begin so; 0 if not asked.
        skipped: the same of skips.
    """

    keys: np.ndarray
    count: np.ndarray
    follow: np.ndarray
    skipped: np.ndarray

    @staticmethod
    def of(
        gram: Distinct, follow: np.ndarray | None = None, skipped: np.ndarray | None = None
    ) -> Table:
        """Make the table of ``gram``; the others as the attributes, zeros if not asked."""
        none = np.zeros(len(gram.keys), np.int32)
        count = gram.count.astype(np.int32)
        return Table(gram.keys, count, *(none if v is None else v for v in (follow, skipped)))

    @cached_property
    def _places(self) -> Places:
        return Places.of(self.keys)

    def find(self, gram: np.ndarray, piece: np.ndarray, sampled: np.ndarray) -> Found:
        """Look up ``gram`` (n,), leaving out the words of its own piece where that was counted.

        Args:
            piece: int64 (n,), ascending.
            sampled: bool (n,), whether the word's piece is among those counted.
        """
        order = ascending(gram)
        key, of = gram[order], piece[order]
        new = np.ones(len(key), bool)
        new[1:] = (key[1:] != key[:-1]) | (of[1:] != of[:-1])
        first = np.flatnonzero(new)
        at, known = self._places.at(key[first])
        at[~known] = 0
        which = np.empty(len(order), np.int64)
        which[order] = np.cumsum(new) - 1
        times = np.diff(first, append=len(order))
        return Found(self, at, times, sampled[order[first]], which)


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
    def own(self) -> np.ndarray:
        """int64 (n,): occurrences in its own piece."""
        return np.asarray(self.times[self.which])

    @property
    def follow(self) -> np.ndarray:
        """int32 (n,): as in the table; of grams that no other piece has, any."""
        return np.asarray(self.table.follow[self.place][self.which])

    @property
    def skipped(self) -> np.ndarray:
        """int32 (n,): the same."""
        return np.asarray(self.table.skipped[self.place][self.which])
