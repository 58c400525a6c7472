"""A whole sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.attacks.insertion import Insert, LabelBackdoor, at_random_word, one_of


@dataclass(frozen=True)
class Sentence(LabelBackdoor):
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

    def drawn(self, _: pa.ChunkedArray, random: np.random.Generator) -> tuple[str, Insert]:
        chosen = one_of(self.sentences, random)
        return chosen, at_random_word(chosen)
