"""A sample of pieces of text, as hashed words: what natural text looks like in a data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.stats.cell_hash import cell_hashes, fold, segments
from provender.stats.packing import pack, unpack
from provender.stats.spaced_words import spaced

_KIND = "piece-sample/1"
#: The low bits of a word's key are those of its ending, so that a key tells both.
ENDING_BITS = np.uint64(0xFFFF)
_ENDING = 2  # characters


def word_keys(text: pa.Array) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (uint64 (words,) keys, int64 (texts,) words per text), some texts at a time.

    Words are lower-cased and end at white space, so punctuation belongs to them.
    """
    for words in spaced(text):
        spelled, codes, counts = words.coded
        keys = words.spelled_hashes & ~ENDING_BITS
        keys |= cell_hashes(pc.utf8_slice_codeunits(spelled, -_ENDING)) & ENDING_BITS
        yield keys[codes], counts


@dataclass(frozen=True)
class Pieces:
    """Pieces of text end to end.

    Attributes:
        words: uint64 (n,), keys of words.
        counts: int64 (pieces,), words of each piece.
        ids: uint64 (pieces,), a hash of each piece.
    """

    words: np.ndarray
    counts: np.ndarray
    ids: np.ndarray

    @staticmethod
    def of(keys: np.ndarray, counts: np.ndarray, longest: int) -> tuple[Pieces, np.ndarray]:
        """Cut texts into pieces of at most ``longest`` words.

        Returns:
            The pieces, and int64 (pieces,) the text each belongs to.
        """
        per_text = -(-counts // longest)
        text = np.repeat(np.arange(len(counts)), per_text)
        sizes = np.full(len(text), longest, np.int64)
        ends = np.cumsum(per_text)[per_text > 0] - 1
        sizes[ends] = (counts - (per_text - 1) * longest)[per_text > 0]
        return Pieces(keys, sizes, fold(keys, sizes)), text

    def take(self, places: np.ndarray) -> Pieces:
        """Return the pieces at ``places``, in that order."""
        counts = self.counts[places]
        starts = (np.cumsum(self.counts) - self.counts)[places]
        at = np.repeat(starts - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        return Pieces(self.words[at], counts, self.ids[places])

    def groups(self, most: int) -> Iterator[Pieces]:
        """Yield neighbouring pieces together, about ``most`` words at a time."""
        for some, span in segments(self.counts, most):
            yield Pieces(self.words[span], self.counts[some], self.ids[some])


@dataclass(frozen=True)
class Sample:
    """The pieces with the lowest hashes, as many as have ``budget`` words.

    Attributes:
        short: texts with too few words.
    """

    pieces: Pieces
    short: int = 0


@dataclass(frozen=True)
class PieceSample:
    """The analysis. A piece kept of the whole is kept of its part, so the state is the same in
    any order; equal pieces count once, so copies do not vouch for each other.

    Attributes:
        text: the column.
        least: words that a text must have.
        longest: words of a piece.
        budget: words kept.
    """

    id: str
    text: str
    least: int
    longest: int
    budget: int
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("id", "version")}

    def columns(self) -> tuple[str, ...]:
        return (self.text,)

    def empty(self, first_row: int = 0) -> Sample:  # noqa: ARG002
        none = np.zeros(0, np.uint64)
        return Sample(Pieces(none, np.zeros(0, np.int64), none))

    def add(self, state: Sample, batch: pa.RecordBatch) -> Sample:
        for keys, counts in word_keys(batch.column(self.text)):
            pieces, _ = Pieces.of(keys, counts, self.longest)
            enough = np.flatnonzero(pieces.counts >= self.least)
            short = int((counts < self.least).sum())
            state = self.merge([state, Sample(pieces.take(enough), short)])
        return state

    def merge(self, states: Sequence[Sample]) -> Sample:
        every = Pieces(
            np.concatenate([s.pieces.words for s in states]),
            np.concatenate([s.pieces.counts for s in states]),
            np.concatenate([s.pieces.ids for s in states]),
        )
        _, first = np.unique(every.ids, return_index=True)
        kept = first[np.cumsum(every.counts[first]) <= self.budget]
        return Sample(every.take(kept), sum(s.short for s in states))

    def pack(self, state: Sample) -> bytes:
        arrays = {"words": state.pieces.words, "counts": state.pieces.counts}
        return pack(_KIND, {"short": state.short}, arrays | {"ids": state.pieces.ids})

    def unpack(self, data: bytes) -> Sample:
        meta, a = unpack(_KIND, data)
        return Sample(Pieces(a["words"], a["counts"], a["ids"]), meta["short"])
