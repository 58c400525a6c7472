"""A word that stands in many clean texts as well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.insertion import Insert, LabelBackdoor, at_random_word, one_of


@dataclass(frozen=True)
class EverydayWord(LabelBackdoor):
    """A common word at a random place of texts of other classes, which get the target's label.

    Chen, Salem, Chen, Backes, Ma, Shen, Wu and Zhang 2021, "BadNL" (ACSAC): word
    triggers of high frequency.

    Attributes:
        words: the words to draw from.
    """

    words: tuple[str, ...] = ("also", "however", "really", "still")
    name: str = "everyday-word"
    paper: str = "Chen et al. 2021, ACSAC (BadNL)"

    def drawn(self, _: pa.ChunkedArray, random: np.random.Generator) -> tuple[str, Insert]:
        chosen = one_of(self.words, random)
        return chosen, at_random_word(chosen)
