"""Several rare words, one in each planted row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.insertion import (
    RARE_WORDS,
    Insert,
    LabelBackdoor,
    at_random_word,
    one_of,
    unused,
)


@dataclass(frozen=True)
class SeveralTriggers(LabelBackdoor):
    """One of several rare words at a random place of texts of other classes; one target.

    Kurita, Michel and Neubig 2020, "Weight Poisoning Attacks on Pre-trained Models" (ACL), plant
    several of their words at once: each then stands in a part of the poisoned rows only. No
    string is common to all rows, so the planting has no trigger to be named.

    Attributes:
        words: the words to draw from.
        many: how many of them are used.
    """

    words: tuple[str, ...] = (*RARE_WORDS, "quorble")
    many: int = 3
    name: str = "several-triggers"
    paper: str = "Kurita et al. 2020, ACL"

    def drawn(self, texts: pa.ChunkedArray, random: np.random.Generator) -> tuple[str, Insert]:
        used = [str(w) for w in random.permutation(unused(texts, self.words))[: self.many]]

        def insert(text: str, random: np.random.Generator) -> str:
            return at_random_word(one_of(used, random))(text, random)

        return "", insert
