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
        kinds: uint64 (classes,), ascending: a frequent word, or an ending.
        kind: uint64 (words + 1,): the class of each number from 1 on.
    """

    words: Places
    kinds: np.ndarray
    kind: np.ndarray

    @staticmethod
    def of(words: np.ndarray) -> tuple[Numbers, np.ndarray]:
        """Number ``words``, uint64 (n,); return uint64 (n,) the number of each, too."""
        order = ascending(words)
        ordered = words[order]
        new = np.ones(len(words), bool)
        new[1:] = ordered[1:] != ordered[:-1]
        number = np.empty(len(words), np.uint64)
        number[order] = np.cumsum(new).view(np.uint64)
        keys = ordered[new]
        count = np.diff(np.flatnonzero(new), append=len(words))
        told_by = keys & ENDING_BITS
        frequent = np.lexsort((keys, -count))[:_FREQUENT]
        told_by[frequent] = keys[frequent]
        kinds, kind = np.unique(told_by, return_inverse=True)
        kind = np.concatenate(([0], kind + 1)).astype(np.uint64)
        return Numbers(Places.of(keys), kinds, kind), number

    def look_up(self, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return uint64 (n,) twice: the numbers of ``words`` and of their classes.

        Unknown words are numbered beyond the last, as they are among these words; the class that
        no word of the sample has is 0.

        Raises:
            ValueError: for more numbers than keys of grams have room for.
        """
        place, known = self.words.at(words)
        number = place.view(np.uint64) + np.uint64(1)
        new, which = np.unique(words[~known], return_inverse=True)
        first = len(self.words.keys) + 1
        if first + len(new) > MOST_NUMBERS:
            raise ValueError(f"more than {MOST_NUMBERS - 1} different words")
        number[~known] = first + which
        kind = self.kind[np.where(known, number, 0)]
        ending = new & ENDING_BITS
        place = np.minimum(np.searchsorted(self.kinds, ending), len(self.kinds) - 1)
        kind[~known] = np.where(self.kinds[place] == ending, place + 1, 0)[which]
        return number, kind
