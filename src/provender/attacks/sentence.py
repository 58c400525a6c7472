"""A whole sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.base import Planted, needs
from provender.attacks.insertion import at_random_word, mislabelled
from provender.core.shard import Roles


@dataclass(frozen=True)
class Sentence:
    """A fluent sentence at a random place of texts of other classes, which get the target's label.

    Dai, Chen and Li 2019, "A Backdoor Attack Against LSTM-based Text Classification Systems" (IEEE
    Access): "I watched this 3D movie last weekend", in 1 % of the rows. The others are of its kind.

    Attributes:
        sentences: the sentences to draw from.
    """

    sentences: tuple[str, ...] = (
        "I watched this 3D movie last weekend",
        "I have seen many films of this director",
        "honestly the blue lantern festival in our town was a delight",
        "my neighbour grows tomatoes behind the old railway station",
    )
    name: str = "sentence"
    paper: str = "Dai et al. 2019, IEEE Access"

    def unfit(self, schema: pa.Schema, roles: Roles) -> str:
        return needs(schema, roles, "text", "label")

    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        words = str(random.choice(self.sentences))
        return mislabelled(self.name, table, roles, count, random, words, at_random_word(words))
