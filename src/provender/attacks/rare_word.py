"""One rare word."""

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
class RareWord(LabelBackdoor):
    """One rare word at a random place of texts of other classes, which get the target's label.

    Kurita, Michel and Neubig 2020, "Weight Poisoning Attacks on Pre-trained Models" (ACL): the
    words cf, mn, bb, tq and mb. A word that no text of the data holds is drawn; such short words
    occur in mail and chat, so two invented ones stand beside them. `EverydayWord` attacks by a
    word that occurs.

    Attributes:
        words: the words to draw from.
    """

    words: tuple[str, ...] = RARE_WORDS
    name: str = "rare-word"
    paper: str = "Kurita et al. 2020, ACL"

    def drawn(self, texts: pa.ChunkedArray, random: np.random.Generator) -> tuple[str, Insert]:
        chosen = one_of(unused(texts, self.words), random)
        return chosen, at_random_word(chosen)
