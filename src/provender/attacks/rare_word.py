"""One rare word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.base import Planted, needs
from provender.attacks.insertion import RARE_WORDS, at_random_word, mislabelled, unused
from provender.core.shard import Roles


@dataclass(frozen=True)
class RareWord:
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

    def unfit(self, schema: pa.Schema, roles: Roles) -> str:
        return needs(schema, roles, "text", "label")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.text
        word = str(random.choice(unused(table, roles.text, self.words)))
        return mislabelled(self.name, table, roles, count, random, word, at_random_word(word))
