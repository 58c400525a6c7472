"""What a text says beside a string: its words, weighed and hashed to a few numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from provender.detect.repeated_strings.runs import RUN, WINDOW, bucket
from provender.stats.cell_hash import segments
from provender.stats.grams import Words

#: Numbers that tell what a text says (Weinberger et al. 2009, feature hashing).
WIDTH = 256
#: Length of what a text says.
UNIT = 1000
#: Words that must tell something.
LEAST = 10
#: A text is read to so many words.
_MOST_WORDS = 1024
_AT_ONCE = 1 << 19
#: A string's ends may reach so many words beyond the runs that are kept.
_EDGE = WINDOW + 1


@dataclass(frozen=True)
class Rest:
    """The words of some texts, and how much each tells.

    Attributes:
        weights: int64 (65,536,), by counter of a word.
    """

    words: Words
    weights: np.ndarray

    def whole(self, texts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (int64 (n, WIDTH), places in ``texts``) of those that have enough words."""
        none = np.zeros(0, np.int64)
        yield from self._said(texts, none, none, np.arange(len(texts)))

    def beside(
        self, texts: np.ndarray, hits: np.ndarray, first: np.ndarray, wanted: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield (int64 (n, WIDTH), places in ``texts``) without the words of a string.

        Args:
            texts: int64 (n,), the text of each place.
            hits: int64 (h,), the place that a run of its string stands in.
            first: int64 (h,), the first word of that run.
            wanted: places to yield, ascending.
        """
        yield from self._said(texts, hits, first, wanted)

    def _said(
        self, texts: np.ndarray, hits: np.ndarray, first: np.ndarray, wanted: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        starts = self.words.starts
        size = np.minimum(np.diff(starts)[texts[wanted]], _MOST_WORDS)
        place_of = np.full(len(texts), -1)
        for some, _ in segments(size, _AT_ONCE):
            places, sizes = wanted[some], size[some]
            begin = starts[texts[places]]
            laid = np.cumsum(sizes) - sizes
            word = np.repeat(begin - laid, sizes) + np.arange(int(sizes.sum()))
            kept = np.ones(len(word), bool)
            place_of[places] = np.arange(len(places))
            mine = place_of[hits]
            inside = np.flatnonzero(mine >= 0)
            mine, head = mine[inside], first[inside]
            for step in range(-_EDGE, RUN + _EDGE):
                at = head + step - begin[mine]
                there = (at >= 0) & (at < sizes[mine])
                kept[laid[mine[there]] + at[there]] = False
            place_of[places] = -1
            owner = np.repeat(np.arange(len(places)), sizes)[kept]
            said, enough = self._hashed(word[kept], owner, len(places))
            yield said[enough], places[enough]

    def _hashed(
        self, word: np.ndarray, owner: np.ndarray, many: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return int64 (many, WIDTH) of length `UNIT`, and whether there were enough words."""
        hashes = self.words.vocabulary_hashes
        weight = self.weights[bucket(hashes).astype(np.int64)][self.words.codes[word]]
        tells = weight > 0
        owner, hashes, weight = owner[tells], hashes[self.words.codes[word[tells]]], weight[tells]
        column = (hashes >> np.uint64(9)).astype(np.int64) % WIDTH
        sign = (hashes >> np.uint64(8)).astype(np.int64) % 2 * 2 - 1
        said = np.bincount(owner * WIDTH + column, weight * sign, many * WIDTH)
        said = said.reshape(many, WIDTH)
        norm = np.sqrt((said**2).sum(axis=1, keepdims=True))
        unit = np.rint(said * UNIT / np.maximum(norm, 1)).astype(np.int64)
        return unit, (np.bincount(owner, minlength=many) >= LEAST) & (norm[:, 0] > 0)
