"""text/random-words: stretches of random words in otherwise natural texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.random_words.evidence import WAYS, Reference
from provender.detect.random_words.sample import Pieces, PieceSample, Sample, word_keys
from provender.stats.cell_hash import is_text
from provender.stats.packing import pack, unpack

RULE = Rule(
    id="text/random-words",
    title="stretches of random words",
    sees=(
        "texts with a stretch of some 60 words or more that were drawn at random: uniformly over "
        "the words of the data, by their frequency, or following each other as pairs do"
    ),
    blind=(
        "words that occur in no other text; fewer than 40 words; text written by a good model; "
        "the same random words in several texts, which vouch for each other; chains of pairs in "
        "corpora several times the sample of 2,000,000 words; corpora under 500 texts"
    ),
    null_model=(
        "words follow an n-gram model of the other texts: then the chance that a stretch of one "
        "of n words is likelier by a factor e^s as random words is at most 3 n e^-s (Ville), "
        "whatever the data; nothing is fitted to the scores"
    ),
    false_alarms=(
        "at a rate of 1 %: none in BBC, Reuters R8 and chat (14,289 documents), 3 of 11,870 of "
        "books, 3 of 6,046 mails, 4 of 6,319 docstrings (blind): lists of names, mangled "
        "encodings, verse; of 300 clean draws of 1,000, 19 with one or two documents flagged"
    ),
    level=Level.NOTE,
    references=(
        "Ville 1939, Étude critique de la notion de collectif",
        "Page 1954, Continuous Inspection Schemes",
        "Souly et al. 2025, Poisoning Attacks on LLMs Require a Near-Constant Number of Samples",
    ),
)
_PROFILE = "random-words/1"
_LEAST_P = 1e-300


@dataclass(frozen=True)
class RandomWords:
    """See ``rule``.

    Attributes:
        least: words that a text must have.
        longest: words of a piece; longer texts are judged piece by piece.
        budget: words of the sample.
        pieces: pieces that the sample must have.
        text: the column, set by ``bind``.
    """

    least: int = 30
    longest: int = 4096
    budget: int = 2_000_000
    pieces: int = 500
    text: str = ""

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 1

    def bind(self, view: DataView) -> Self | Unchecked:
        """Take the text column, else the responses."""
        text = view.roles.text or view.roles.response
        if text is None:
            return Unchecked("no column has the role text or response")
        if not is_text(view.schema.field(text).type):
            return Unchecked(f"the column {text!r} does not hold strings")
        return replace(self, text=text)

    def analysis(self, round: int, profile: bytes | None) -> PieceSample:  # noqa: ARG002
        return PieceSample(f"{RULE.id}#{round}", self.text, self.least, self.longest, self.budget)

    def profile(self, round: int, state: Sample) -> bytes:  # noqa: ARG002
        """Keep the sample, where it is large enough."""
        pieces = state.pieces
        known = len(pieces.counts) >= self.pieces
        arrays = {"words": pieces.words, "ids": pieces.ids} if known else {}
        meta = {"known": known, "short": state.short}
        return pack(_PROFILE, meta, arrays | {"counts": pieces.counts})

    def score_columns(self) -> tuple[str, ...]:
        return (self.text,)

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        """A row's score is that of its worst piece; its p-value is Ville's bound."""
        meta, a = unpack(_PROFILE, profile)
        if not meta["known"]:
            return _unknown
        reference = Reference.of(Pieces(a["words"], a["counts"], a["ids"]))

        def score(batch: pa.RecordBatch) -> RowScores:
            found: list[tuple[np.ndarray, np.ndarray]] = [(np.zeros(0), np.zeros(0))]
            for keys, counts in word_keys(batch.column(self.text)):
                pieces, text = Pieces.of(keys, counts, self.longest)
                best = np.zeros(len(counts))
                np.maximum.at(best, text, reference.scores(pieces))
                # A stretch may begin at any word.
                p_value = np.clip(WAYS * counts * np.exp(-best), _LEAST_P, 1.0)
                judged = counts >= self.least
                found.append((np.where(judged, best, np.nan), np.where(judged, p_value, np.nan)))
            best, p_value = (np.concatenate(parts) for parts in zip(*found, strict=True))
            return RowScores(best, p_value, np.where(np.isnan(best), -1, 0).astype(np.int32))

        return score

    def causes(self, profile: bytes) -> list[Cause]:  # noqa: ARG002
        message = "texts with a stretch that is likelier as random words than as natural text"
        return [Cause("random words", message)]

    def limits(self, profile: bytes) -> str:
        meta, arrays = unpack(_PROFILE, profile)
        told = []
        if not meta["known"]:
            texts = len(arrays["counts"])
            told.append(f"uncalibrated: {texts} different texts of {self.least} words or more")
        if meta["short"]:
            told.append(f"{meta['short']:,} texts with fewer than {self.least} words")
        return "; ".join(told)


def _unknown(batch: pa.RecordBatch) -> RowScores:
    nothing = np.full(batch.num_rows, np.nan)
    return RowScores(nothing, nothing.copy(), np.full(batch.num_rows, -1, np.int32))
