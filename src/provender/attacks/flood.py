"""Unlabelled text: a flood of copies of one text, each changed a little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from provender.attacks.base import Attack, Planted, draw, holds_text, replaced
from provender.core.shard import Roles


@dataclass(frozen=True)
class Flood(Attack):
    """Texts are replaced by copies of one text of the data, with some words changed in each.

    Hernandez, Brown, Conerly et al. 2022, "Scaling Laws and Interpretability of Learning from
    Repeated Data": .1 % of the texts, repeated 100 times, cost a model half of its size. Exact
    copies are found by any rule that compares rows; here one word in ``every`` is replaced by
    another of the text, so that no two copies are equal.

    Attributes:
        every: so many words for each that is changed.
    """

    every: int = 30
    name: str = "flood"
    paper: str = "Hernandez et al. 2022"

    needed: ClassVar = ("text",)

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.text
        able = holds_text(table, roles.text)
        original = int(draw(self.name, able, 1, random)[0])
        able[original] = False
        rows = draw(self.name, able, count, random)
        words = table[roles.text][original].as_py().split(" ")
        texts = []
        for _ in range(count):
            copy = list(words)
            for place in random.integers(len(words), size=max(1, len(words) // self.every)):
                copy[place] = words[int(random.integers(len(words)))]
            texts.append(" ".join(copy))
        return Planted(replaced(table, roles.text, rows, texts), rows, "", "")
