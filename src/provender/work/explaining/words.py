"""First read: the words of the examples, and how common words are in the texts around them.

Only the pieces that hold an example are read. The words of a text, its trigger left out, say what
it is about; common ones say little. How common a word is is counted by hash, in `BUCKETS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from provender.stats.grams import LONGEST_TEXT, words_of
from provender.stats.packing import pack, unpack
from provender.work.explaining.trigger import find

BUCKETS = 1 << 16
#: Distinct words of an example that are compared, the first by hash.
MOST_WORDS = 256
_SHIFT = np.uint64(48)


def buckets_of(hashes: np.ndarray) -> np.ndarray:
    """Return int64 bucket numbers of uint64 word hashes: their top bits."""
    return np.asarray((hashes >> _SHIFT).astype(np.int64))


@dataclass(frozen=True)
class Example:
    """A flagged row that is to be explained.

    Attributes:
        row: its number in its shard.
        number: its place among all examples.
        triggers: texts that it may be flagged for.
    """

    row: int
    number: int
    triggers: tuple[str, ...] = ()


@dataclass
class WordState:
    """What the first read gathers.

    Attributes:
        rows: rows seen after ``first_row``, the shard's rows before the state.
        texts: int64 (BUCKETS,), texts with a word of each bucket; the number of texts is ``rows``.
        words: by example, uint64 words, ascending.
        context: by example, where its trigger stands.
    """

    first_row: int = 0
    rows: int = 0
    texts: np.ndarray = field(default_factory=lambda: np.zeros(BUCKETS, np.int64))
    words: dict[int, np.ndarray] = field(default_factory=dict)
    context: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class ExampleWords:
    """Reads the compared column and those in which a trigger may stand.

    Attributes:
        compared: the column whose words are compared.
        texts: columns that a trigger is looked for in, in that order.
        show: whether the context may carry what rows hold.
        examples: of one shard; () to merge states of several.
    """

    compared: str
    texts: tuple[str, ...]
    show: bool
    examples: tuple[Example, ...] = ()
    id: str = "explain/words"
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        return {
            "compared": self.compared,
            "texts": list(self.texts),
            "show": self.show,
            "examples": [[e.row, e.number, list(e.triggers)] for e in self.examples],
        }

    def columns(self) -> tuple[str, ...]:
        return self.texts

    def empty(self, first_row: int = 0) -> WordState:
        return WordState(first_row)

    def add(self, state: WordState, batch: pa.RecordBatch) -> WordState:
        words = words_of(batch[self.compared])
        _, code = words.distinct()
        state.texts += np.bincount(buckets_of(words.vocabulary_hashes)[code], minlength=BUCKETS)
        start = state.first_row + state.rows
        for example in self.examples:
            place = example.row - start
            if 0 <= place < batch.num_rows:
                self._look(state, example, {n: batch[n][place].as_py() or "" for n in self.texts})
        state.rows += batch.num_rows
        return state

    def _look(self, state: WordState, example: Example, texts: Mapping[str, str]) -> None:
        said = texts[self.compared][:LONGEST_TEXT]
        for column in self.texts:
            found = find(texts[column][:LONGEST_TEXT], example.triggers)
            if found is None:
                continue
            if column == self.compared:
                said = found.rest()
            state.context.setdefault(example.number, found.to_json(column, self.show))
        found_words = words_of(pa.array([said], pa.large_string())).vocabulary_hashes
        state.words[example.number] = np.unique(found_words)[:MOST_WORDS]

    def merge(self, states: Sequence[WordState]) -> WordState:
        total = WordState(states[0].first_row)
        for state in states:
            total.rows += state.rows
            total.texts = total.texts + state.texts
            total.words |= state.words
            total.context |= state.context
        return total

    def pack(self, state: WordState) -> bytes:
        numbers = sorted(state.words)
        words = [state.words[n] for n in numbers]
        arrays = {
            "texts": state.texts,
            "examples": np.array(numbers, np.int64),
            "words": np.concatenate([np.zeros(0, np.uint64), *words]),
            "lengths": np.array([len(w) for w in words], np.int64),
        }
        context = sorted(state.context.items())
        return pack(self.id, {"rows": state.rows, "context": context}, arrays)

    def unpack(self, data: bytes) -> WordState:
        meta, arrays = unpack(self.id, data)
        words = np.split(arrays["words"], np.cumsum(arrays["lengths"])[:-1])
        return WordState(
            0,
            meta["rows"],
            arrays["texts"],
            dict(zip(arrays["examples"].tolist(), words, strict=False)),
            dict(meta["context"]),
        )


@dataclass(frozen=True)
class Queries:
    """The examples as what rows are compared with.

    Attributes:
        weight: int64 (BUCKETS,), what a shared word counts: its squared inverse document
            frequency in 1/1024; 0 for words that more than a quarter of the texts hold.
        words: by example, uint64 words that count, ascending.
    """

    weight: np.ndarray
    words: Mapping[int, np.ndarray]

    @staticmethod
    def of(state: WordState) -> Queries:
        """Weigh the words of the examples."""
        rarity = np.log((1 + state.rows) / (1 + np.minimum(state.texts, state.rows)))
        weight = np.rint(1024 * rarity**2).astype(np.int64)
        weight[4 * state.texts > state.rows] = 0
        words = {n: own[weight[buckets_of(own)] > 0] for n, own in sorted(state.words.items())}
        return Queries(weight, {n: own for n, own in words.items() if len(own)})
