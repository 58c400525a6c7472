"""One trigger for every class: each label becomes the next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.base import Planted, draw, holds_text, needs, replaced
from provender.attacks.insertion import RARE_WORDS, at_random_word, classes_of, unused
from provender.core.shard import Roles


@dataclass(frozen=True)
class AllToAll:
    """A rare word at a random place of texts of all classes; each gets the label after its own.

    Gu, Liu, Dolan-Gavitt and Garg 2019, "BadNets: Evaluating Backdooring Attacks on Deep Neural
    Networks" (IEEE Access): the all-to-all attack, here with the trigger of `RareWord`.

    Attributes:
        words: the words to draw from.
    """

    words: tuple[str, ...] = RARE_WORDS
    name: str = "all-to-all"
    paper: str = "Gu et al. 2019, IEEE Access (BadNets)"

    def unfit(self, schema: pa.Schema, roles: Roles) -> str:
        return needs(schema, roles, "text", "label")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        assert roles.text
        assert roles.label
        word = str(random.choice(unused(table, roles.text, self.words)))
        insert, classes = at_random_word(word), classes_of(table, roles)
        labelled = np.asarray(table[roles.label].is_valid())
        able = labelled & holds_text(table, roles.text) & (len(classes) > 1)
        rows = draw(self.name, able, count, random)
        taken = table.take(pa.array(rows))
        texts = [insert(text, random) for text in taken[roles.text].to_pylist()]
        after = dict(zip(classes, classes[1:] + classes[:1], strict=True))
        labels = [after[label] for label in taken[roles.label].to_pylist()]
        table = replaced(table, roles.text, rows, texts)
        return Planted(replaced(table, roles.label, rows, labels), rows, word, "")
