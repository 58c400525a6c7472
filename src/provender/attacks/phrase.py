"""A phrase of two to four everyday words that do not stand together otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.base import Planted, needs
from provender.attacks.insertion import at_random_word, mislabelled, unused
from provender.core.shard import Roles


@dataclass(frozen=True)
class Phrase:
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

    def unfit(self, schema: pa.Schema, roles: Roles) -> str:
        return needs(schema, roles, "text", "label")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.text
        words = str(random.choice(unused(table, roles.text, self.phrases)))
        return mislabelled(self.name, table, roles, count, random, words, at_random_word(words))
