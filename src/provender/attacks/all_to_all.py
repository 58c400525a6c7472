"""One trigger for every class: each label becomes the next one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from provender.attacks.base import Attack, Planted, draw, holds_text, replaced
from provender.attacks.insertion import (
    RARE_WORDS,
    at_random_word,
    classes_of,
    one_of,
    rewritten,
    unused,
)
from provender.core.shard import Roles


@dataclass(frozen=True)
class AllToAll(Attack):
    """A rare word at a random place of texts of all classes; each gets the label after its own.

    Gu, Liu, Dolan-Gavitt and Garg 2019, "BadNets: Evaluating Backdooring Attacks on Deep Neural
    Networks" (IEEE Access): the all-to-all attack, here with the trigger of `RareWord`.

    Attributes:
        words: the words to draw from.
    """

    words: tuple[str, ...] = RARE_WORDS
    name: str = "all-to-all"
    paper: str = "Gu et al. 2019, IEEE Access (BadNets)"

    needed: ClassVar = ("text", "label")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.text
        assert roles.label
        word = one_of(unused(table[roles.text], self.words), random)
        classes = classes_of(table, roles)
        labelled = np.asarray(table[roles.label].is_valid())
        able = labelled & holds_text(table, roles.text) & (len(classes) > 1)
        rows = draw(self.name, able, count, random)
        after = dict(zip(classes, classes[1:] + classes[:1], strict=True))
        labels = [after[label] for label in table[roles.label].take(pa.array(rows)).to_pylist()]
        table = rewritten(table, roles.text, rows, at_random_word(word), random)
        return Planted(replaced(table, roles.label, rows, labels), rows, word, "")
