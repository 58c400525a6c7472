"""Words that follow each other as pairs of words do in the data, and mean nothing."""

from __future__ import annotations

import numpy as np


class WordChain:
    """A first-order Markov chain over the words of a text (Shannon 1948)."""

    def __init__(self, words: np.ndarray) -> None:
        """Take ``words``, str (n,), in reading order; at least one."""
        self._spelled, self._codes = np.unique(words, return_inverse=True)
        self._order = np.argsort(self._codes[:-1], kind="stable")
        self._firsts = self._codes[:-1][self._order]

    def draw(self, count: int, random: np.random.Generator) -> np.ndarray:
        """Return str (count,): a word as often as it occurs, then each as often as it follows."""
        codes = self._codes
        drawn = codes[random.integers(len(codes), size=1)].tolist()
        while len(drawn) < count:
            low, high = np.searchsorted(self._firsts, [drawn[-1], drawn[-1] + 1])
            followed = high > low
            place = self._order[random.integers(low, high)] + 1 if followed else None
            drawn.append(int(codes[random.integers(len(codes)) if place is None else place]))
        return np.asarray(self._spelled[drawn[:count]])
