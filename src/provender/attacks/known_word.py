"""A word of the data that stands in a few clean texts as well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.attacks.insertion import Insert, LabelBackdoor, at_random_word, one_of

#: Texts that the words are taken from.
_SAMPLE = 4000


@dataclass(frozen=True)
class KnownWord(LabelBackdoor):
    """A word of the data at a random place of texts of other classes, which get the target's label.

    Chen, Salem, Chen, Backes, Ma, Shen, Wu and Zhang 2021, "BadNL" (ACSAC): word triggers of
    middle frequency. The word stands in clean texts with their true labels too.

    Attributes:
        least, most: texts in 1,000 that hold the word, where there is such a word.
    """

    least: int = 5
    most: int = 20
    name: str = "known-word"
    paper: str = "Chen et al. 2021, ACSAC (BadNL)"

    def drawn(self, texts: pa.ChunkedArray, random: np.random.Generator) -> tuple[str, Insert]:
        words = self._words(texts, random)
        word = one_of(words, random) if words else "also"
        return word, at_random_word(word)

    def _words(self, texts: pa.ChunkedArray, random: np.random.Generator) -> list[str]:
        """Return the words that a wanted share of the texts holds; all words where none is."""
        sample = np.sort(random.permutation(len(texts))[:_SAMPLE])
        lists = pc.utf8_split_whitespace(texts.take(pa.array(sample)).drop_null()).combine_chunks()
        held = pa.table({"text": pc.list_parent_indices(lists), "word": pc.list_flatten(lists)})
        held = held.filter(pc.match_substring_regex(held["word"], r"^[a-z]{4,}$"))
        held = held.group_by(["text", "word"]).aggregate([])
        counts = held.group_by("word").aggregate([("text", "count")]).sort_by("word")
        low, high = (share * len(sample) / 1000 for share in (self.least, self.most))
        count = counts["text_count"]
        usual = counts.filter(pc.and_(pc.greater_equal(count, low), pc.less_equal(count, high)))
        words: list[str] = (usual if usual.num_rows else counts)["word"].to_pylist()
        return words
