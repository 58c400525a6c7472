"""Words of the sample by number, and the class of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.detect.random_words.grams import MOST_NUMBERS
from provender.detect.random_words.sample import ENDING_BITS
from provender.stats.ordering import Places, ascending

#: So many of the most frequent words are a class each; the others are told by their ending.
_FREQUENT = 500


@dataclass(frozen=True)
class Numbers:
    """What numbers the words of the sample have, from 1 on.

    Attributes:
        words: the different words, ascending; the first has number 1.
        frequent: the words that are a class each.
        kinds: the classes: a frequent word, or an ending.
        kind: uint64 (words + 1,): the class of each number from 1 on.
    """

    words: Places
    frequent: Places
    kinds: np.ndarray
    kind: np.ndarray

    @staticmethod
    def of(words: np.ndarray) -> tuple[Numbers, np.ndarray]:
        """Number ``words``, uint64 (n,); return uint64 (n,) the number of each, too."""
        keys, number = _numbered(words)
        count = np.bincount(number.view(np.int64))[1:]
        frequent = Places.of(np.sort(keys[np.lexsort((keys, -count))[:_FREQUENT]]))
        kinds, kind = np.unique(_told_by(keys, frequent), return_inverse=True)
        kind = np.concatenate(([0], kind + 1)).astype(np.uint64)
        return Numbers(Places.of(keys), frequent, kinds, kind), number

    def look_up(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return uint64 (n,) twice: the numbers of ``words`` and of their classes.

        Unknown words are numbered beyond the last, as they are among these words; the class that
        no word of the sample has is 0.
        """
        keys, number = _numbered(words)
        place, known = self.words.at(keys)
        if len(self.words.keys) + len(keys) >= MOST_NUMBERS:
            raise ValueError(f"more than {MOST_NUMBERS} different words")
        beyond = len(self.words.keys) + np.cumsum(~known)
        numbers = np.where(known, place + 1, beyond).astype(np.uint64)
        told_by = _told_by(keys, self.frequent)
        place = np.minimum(np.searchsorted(self.kinds, told_by), len(self.kinds) - 1)
        kinds = np.where(self.kinds[place] == told_by, place + 1, 0).astype(np.uint64)
        which = number - np.uint64(1)
        return numbers[which], kinds[which]


def _told_by(words: np.ndarray, frequent: Places) -> np.ndarray:
    return np.where(frequent.hold(words), words, words & ENDING_BITS)


def _numbered(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different ``words``, ascending, and uint64 (n,) the number of each, from 1 on."""
    order = ascending(words)
    ordered = words[order]
    new = np.ones(len(words), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    number = np.empty(len(words), np.uint64)
    number[order] = np.cumsum(new).view(np.uint64)
    return ordered[new], number
