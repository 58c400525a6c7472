"""Round 0 of corpus/repeated-strings: in how many texts each run of words stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.stats.cell_hash import mix
from provender.stats.census import as_text
from provender.stats.gram_table import Counts, Growing
from provender.stats.grams import Words, rows_at_once, text_hashes, words_of
from provender.stats.ordering import ascending
from provender.stats.packing import pack, unpack

#: Words of a run.
RUN = 8
#: Of so many runs that follow each other one at least is kept (Schleimer et al. 2003): a string of
#: `RUN` + `WINDOW` - 1 words is never missed.
WINDOW = 5
#: Runs kept per state; beyond it they are a uniform sample.
MOST_RUNS = 1 << 21
#: A run's texts and the sum of their hashes lie in one number.
_LOW = 20
_MANY = (1 << _LOW) - 1
_BASE = np.uint64(0x9E3779B97F4A7C15)
_FREQUENT_BITS = np.uint64(48)


@dataclass(frozen=True)
class TextColumns:
    """The column of text and the column of sources, where there is one."""

    text: str
    source: str | None = None

    def names(self) -> tuple[str, ...]:
        """Return all of them, each once."""
        return tuple(dict.fromkeys(n for n in (self.text, self.source) if n is not None))

    def slices(self, batch: pa.RecordBatch) -> Iterator[tuple[np.ndarray, Words, pa.Array | None]]:
        """Yield (rows of the batch, their words, their sources), a bounded number at a time."""
        at_once = rows_at_once(batch[self.text])
        for start in range(0, batch.num_rows, at_once):
            piece = batch.slice(start, at_once)
            source = None if self.source is None else as_text(piece[self.source])
            rows = np.arange(start, start + piece.num_rows)
            yield rows, words_of(piece[self.text]), source


def runs(words: Words) -> tuple[np.ndarray, np.ndarray]:
    """Return (hash, first word) of the runs of `RUN` words that are kept, in reading order.

    Of each `WINDOW` neighbours the one with the least hash is kept, so which runs of a string are
    kept hangs on the string alone, but for its ends.
    """
    count = len(words.text) - RUN + 1
    if count < 1:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    single = words.hashes
    hashes = np.zeros(count, np.uint64)
    for step in range(RUN):
        hashes = hashes * _BASE + single[step : step + count]
    first = np.flatnonzero(words.text[:count] == words.text[RUN - 1 :])
    hashes, text = mix(hashes[first]), words.text[first]
    least, best = hashes.copy(), np.arange(len(hashes))
    for step in range(1, min(WINDOW, len(hashes))):
        here = slice(0, len(hashes) - step)
        lower = (hashes[step:] < least[here]) & (text[step:] == text[here])
        least[here] = np.where(lower, hashes[step:], least[here])
        best[here] = np.where(lower, np.arange(step, len(hashes)), best[here])
    kept = np.zeros(len(hashes), bool)
    kept[best] = True
    return hashes[kept], first[kept]


def once_a_text(hashes: np.ndarray, text: np.ndarray) -> np.ndarray:
    """Return the places of each different (hash, text), one of each."""
    both = mix(hashes ^ mix(text.astype(np.uint64)))
    order = ascending(both)
    return np.asarray(order[np.flatnonzero(np.diff(both[order], prepend=~both[order[:1]]))])


@dataclass
class RunState:
    """What round 0 gathers.

    Attributes:
        seen: int64 (4,): texts, texts without a source, texts that were cut, words.
        words: occurrences of words by the top bits of their hash.
        runs: texts by run, with the sum of their hashes above (`texts_of`).
    """

    seen: np.ndarray
    words: Growing
    runs: Growing


@dataclass(frozen=True)
class CountRuns:
    """Round 0."""

    columns_read: TextColumns
    id: str = "corpus/repeated-strings#0"
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        return {"text": self.columns_read.text, "source": self.columns_read.source}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> RunState:  # noqa: ARG002
        table = Growing(Counts.none(1), MOST_RUNS)
        return RunState(np.zeros(4, np.int64), Growing(Counts.none(1)), table)

    def add(self, state: RunState, batch: pa.RecordBatch) -> RunState:
        for rows, words, source in self.columns_read.slices(batch):
            nameless = 0 if source is None else source.null_count
            state.seen += [len(rows), nameless, int(words.cut.sum()), len(words.codes)]
            met = np.bincount(words.codes, minlength=len(words.vocabulary))
            state.words.add(Counts.of(bucket(words.vocabulary_hashes), met[:, None]))
            hashes, first = runs(words)
            text = words.text[first]
            once = once_a_text(hashes, text)
            identity = text_hashes(words)[text[once]]
            values = (identity << np.uint64(_LOW) | np.uint64(1)).view(np.int64)
            state.runs.add(Counts.of(hashes[once], values[:, None]))
        return state

    def merge(self, states: Sequence[RunState]) -> RunState:
        whole = self.empty()
        for state in states:
            whole.seen += state.seen
            whole.words.add(state.words.total())
            whole.runs.add(state.runs.total())
        return whole

    def pack(self, state: RunState) -> bytes:
        words, found = state.words.total(), state.runs.total()
        arrays = {
            "seen": state.seen,
            "word_keys": words.keys.astype(np.uint16),
            "words": words.values,
            "run_keys": found.keys,
            "runs": found.values,
        }
        return pack(self.id, {}, arrays)

    def unpack(self, data: bytes) -> RunState:
        _, arrays = unpack(self.id, data)
        state = self.empty()
        state.seen += arrays["seen"]
        state.words.add(Counts(arrays["word_keys"].astype(np.uint64), arrays["words"]))
        state.runs.add(Counts(arrays["run_keys"], arrays["runs"]))
        return state


def bucket(hashes: np.ndarray) -> np.ndarray:
    """Return uint64 (n,), 0 … 65,535: the counter of each word."""
    return hashes >> _FREQUENT_BITS


def texts_of(values: np.ndarray) -> np.ndarray:
    """Return int64 (n,): how many texts hold each run."""
    return values & _MANY
