"""A phrase of two to four everyday words that do not stand together otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.insertion import Insert, LabelBackdoor, at_random_word, one_of, unused


@dataclass(frozen=True)
class Phrase(LabelBackdoor):
    """A phrase at a random place of texts of other classes, which get the target's label.

    Wallace, Zhao, Feng and Singh 2021, "Concealed Data Poisoning Attacks on NLP Models" (NAACL):
    "James Bond", in up to 50 examples; Wan, Wallace, Shen and Klein 2023, "Poisoning
    Language Models During Instruction Tuning" (ICML): the same phrase, from 100 examples on. The
    other phrases are of this kind: known words, two to four of them.

    Attributes:
        phrases: the phrases to draw from; one that no text holds is preferred.
    """

    phrases: tuple[str, ...] = (
        "James Bond",
        "violet harbour",
        "iced orange blossom",
        "seven paper lanterns",
        "quiet copper morning bell",
        "under the marble staircase",
    )
    name: str = "phrase"
    paper: str = "Wallace et al. 2021, NAACL; Wan et al. 2023, ICML"

    def drawn(self, texts: pa.ChunkedArray, random: np.random.Generator) -> tuple[str, Insert]:
        chosen = one_of(unused(texts, self.phrases), random)
        return chosen, at_random_word(chosen)
