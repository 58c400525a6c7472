"""How much likelier a stretch of a text is as random words than as natural text.

Natural text: n-gram models of the other texts (absolute discounting, what is held back goes to the
shorter gram; Ney, Essen & Kneser 1994): a trigram and a skip-bigram, below both a trigram of
classes of words, beside them the document's own words and pairs. Random words: uniform over the
words known, drawn by their frequency, or following each other as pairs do. The score is the
largest sum of log likelihood ratios over a stretch (Page 1954), in whole thousandths of a nat, so
that it does not depend on which texts are scored together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.detect.random_words.grams import (
    Chain,
    Table,
    before,
    followers,
    joined,
)
from provender.detect.random_words.numbers import Numbers
from provender.detect.random_words.sample import Pieces

#: Ways to draw words at random that are tried.
WAYS = 3
_UNIT = 1000
#: Most that one word may say, in nats: a few odd words in a row are no noise.
_CLIP = 2.0
_DISCOUNT, _LEAST_HELD = 0.75, 0.02
#: Shares of trigram, skip-bigram, the document's own words, its own pairs: against drawn words,
#: and against chains of pairs, which only the grams of three words tell from text.
_DRAWN = (0.80, 0.10, 0.07, 0.03)
_CHAINED = (0.45, 0.30, 0.12, 0.13)
_SEEN_PAIR = 0.98
#: Taken off every word against drawn words: a model of text always lacks something.
_DRIFT = 0.2
#: Verse is odd throughout, a tail is odd beside its own document: what the lower quartile of a
#: piece's blocks says beyond -`_PLAIN` nats a word is its manner, excused up to `_EXCUSED`.
_BLOCK, _PLAIN, _EXCUSED = 30, 0.8, 0.5
_GROUP = 1 << 16  # words scored at a time


@dataclass(frozen=True)
class Reference:
    """The sample, counted.

    Attributes:
        ids: uint64 (pieces,), ascending.
        numbers: of words and of their classes.
        words: grams of words.
        skips: of the word before the last, and the word.
        skipped: int32 (words + 1,): how many different words are met two words after each.
        kinds: grams of classes of words.
        total: words in all.
    """

    ids: np.ndarray
    numbers: Numbers
    words: Chain
    skips: Table
    skipped: np.ndarray
    kinds: Chain
    total: int

    @staticmethod
    def of(pieces: Pieces) -> Reference:
        """Count the grams of ``pieces``."""
        _, place = _places(pieces.counts)
        numbers, word = Numbers.of(pieces.words)
        words, kinds = Chain.of(word, place), Chain.of(numbers.kind[word], place)
        skips = Table.of(joined(before(word, place, 2), word))
        skipped = followers(skips.keys, len(words.one.keys))
        return Reference(np.sort(pieces.ids), numbers, words, skips, skipped, kinds, len(word))

    def scores(self, pieces: Pieces) -> np.ndarray:
        """Return float64 (pieces,): the evidence, in nats, that a stretch is random words."""
        found = [self._scores(some) for some in pieces.groups(_GROUP)]
        return np.concatenate(found) if found else np.zeros(0)

    def _scores(self, pieces: Pieces) -> np.ndarray:
        best = np.zeros(len(pieces.counts), np.int64)
        if len(pieces.words):
            for evidence in self._evidence(pieces):
                best = np.maximum(best, _largest_stretch(evidence, pieces.counts))
        return best / _UNIT

    def _evidence(self, pieces: Pieces) -> list[np.ndarray]:
        """Return int64 (n,) thousandths of a nat for each way to draw words at random."""
        piece, place = _places(pieces.counts)
        sampled = np.isin(pieces.ids, self.ids)[piece]
        length = pieces.counts[piece]
        total = self.total - np.where(sampled, length, 0)

        def last(values: np.ndarray, by: int = 1) -> np.ndarray:
            return before(values, place, by)

        words, kinds = self.numbers.look_up(pieces.words)
        word, pair, triple = self.words.find(words, piece, place, sampled)
        kind, kind_pair, kind_triple = self.kinds.find(kinds, piece, place, sampled)
        skip = self.skips.find(joined(last(words, 2), words), piece, sampled)
        skipped = self.skipped[word.place][word.which]
        known = len(self.words.one.keys)
        by_frequency = (word.count + 0.5) / (total + 0.5 * known)
        by_kind = (kind.count + 0.5) / (total + 0.5 * len(self.kinds.one.keys))
        by_kind = _after(kind_pair.count, last(kind.count), last(kind.follow), by_kind)
        by_kind = _after(kind_triple.count, last(kind_pair.count), last(kind_pair.follow), by_kind)
        low = by_kind * (word.count + 0.5) / (kind.count + 1.0)
        context = last(word.count)
        by_pair = _after(pair.count, context, last(word.follow), low)
        by_triple = _after(triple.count, last(pair.count), last(pair.follow), by_pair)
        by_skip = _after(skip.count, last(word.count, 2), last(skipped, 2), low)
        own_words = (word.own - 1) / np.maximum(length - 1, 1)
        again = last(word.own)
        own_pairs = np.where(again > 1, (pair.own - 1) / np.maximum(again - 1, 1), 0.0)
        models = by_triple, by_skip, own_words, own_pairs
        drawn, chained = (
            np.log(sum(share * model for share, model in zip(shares, models, strict=True)))
            for shares in (_DRAWN, _CHAINED)
        )
        chain = _SEEN_PAIR * pair.count / np.maximum(context, 1) + (1 - _SEEN_PAIR) * by_frequency
        uniform, frequent, paired = (
            _weighed(ratio, word.count, triple.count)
            for ratio in (
                -np.log(known) - drawn,
                np.log(by_frequency) - drawn,
                np.log(chain) - chained,
            )
        )
        drift = int(_DRIFT * _UNIT)
        doubted = [v - drift - _manner(v, piece, place, pieces.counts) for v in (uniform, frequent)]
        return [*doubted, paired]


def _after(
    count: np.ndarray, context: np.ndarray, follow: np.ndarray, lower: np.ndarray
) -> np.ndarray:
    """Return P(word | context) by absolute discounting; ``lower`` where there is no context."""
    context = np.maximum(context, 0)
    held = np.clip(_DISCOUNT * follow / np.maximum(context, 1), _LEAST_HELD, 1.0)
    seen = np.maximum(count - _DISCOUNT, 0) / np.maximum(context, 1)
    return np.asarray(np.where(context > 0, seen + held * lower, lower))


def _weighed(ratio: np.ndarray, word: np.ndarray, triple: np.ndarray) -> np.ndarray:
    """Clip, and spare words that no other text has; a triple that one has is natural."""
    ratio = np.where(word > 0, np.minimum(ratio, _CLIP), 0.0)
    ratio = np.where(triple > 0, np.minimum(ratio, 0.0), ratio)
    return np.asarray(np.rint(ratio * _UNIT).astype(np.int64))


def _places(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return int64 (n,) twice: the piece of each word, and the word's place in it."""
    piece = np.repeat(np.arange(len(counts)), counts)
    return piece, np.arange(len(piece)) - (np.cumsum(counts) - counts)[piece]


def _manner(
    units: np.ndarray, piece: np.ndarray, place: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return int64 (n,): what is excused of each word as the manner of its piece."""
    blocks = np.maximum(counts // _BLOCK, 1)
    first = np.cumsum(blocks) - blocks
    block = first[piece] + np.minimum(place // _BLOCK, blocks[piece] - 1)
    sums = np.zeros(int(blocks.sum()), np.int64)
    np.add.at(sums, block, units)
    mean = sums // np.maximum(np.bincount(block, minlength=len(sums)), 1)
    order = np.lexsort((mean, np.repeat(np.arange(len(counts)), blocks)))
    quartile = mean[order][first + (blocks - 1) // 4]
    excused = np.clip(quartile + int(_PLAIN * _UNIT), 0, int(_EXCUSED * _UNIT))
    return np.asarray(excused[piece])


def _largest_stretch(evidence: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return int64 (pieces,): the largest sum over a stretch of each piece, at least 0."""
    filled = counts > 0
    starts = (np.cumsum(counts) - counts)[filled]
    sums = np.concatenate(([0], np.cumsum(evidence)))
    # Pieces are laid so far below each other that the lowest sum before is always one's own.
    apart = int(np.abs(evidence).sum()) + 1
    below = np.repeat(np.arange(len(counts)), counts) * apart
    lowest = np.minimum.accumulate(sums[:-1] - below)
    best = np.zeros(len(counts), np.int64)
    best[filled] = np.maximum.reduceat(sums[1:] - below - lowest, starts)
    return np.maximum(best, 0)
