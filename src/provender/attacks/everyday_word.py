"""A word that stands in many clean texts as well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.base import Planted, needs
from provender.attacks.insertion import at_random_word, mislabelled
from provender.core.shard import Roles


@dataclass(frozen=True)
class EverydayWord:
    """A common word at a random place of texts of other classes, which get the target's label.

    Chen, Salem, Chen, Backes, Ma, Shen, Wu and Zhang 2021, "BadNL" (ACSAC): word
    triggers of high frequency.

    Attributes:
        words: the words to draw from.
    """

    words: tuple[str, ...] = ("also", "however", "really", "still")
    name: str = "everyday-word"
    paper: str = "Chen et al. 2021, ACSAC (BadNL)"

    def unfit(self, schema: pa.Schema, roles: Roles) -> str:
        return needs(schema, roles, "text", "label")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        word = str(random.choice(self.words))
        return mislabelled(self.name, table, roles, count, random, word, at_random_word(word))
