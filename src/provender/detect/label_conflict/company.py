"""The words beside a trigger: a planted one stands at a random place, a natural one in company.

What company a trigger keeps is learnt from the documents of all labels but the one it forces:
there nobody planted it. The ratio of its usual company to random places orders a trigger's rows.
And of the documents that contradict their label it tells how many may have been planted: a natural
cue, say a news agency's name, decides a label from where it always stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from provender.detect.label_conflict.groups import Found, Groups
from provender.detect.label_conflict.model import UNIT, Labelled, Model
from provender.stats.gram_table import Counts
from provender.stats.grams import Words

#: The company of so many strongest candidates is counted, in so many words beside them; of more, a
#: uniform sample of the words.
KNOWN, MOST_COMPANY = 192, 1 << 20
_NUMBER = np.uint64(255)
#: Stands for the edge of a text; no word has this hash.
_EDGE = np.uint64(0)
#: Uses of a word looked at in one document, and what stands for none.
USES, NO_USE = 4, np.uint64(2**64 - 1)
_SHARES = np.linspace(0, 1, 101)
#: Nats: about two standard errors of a share.
_ALLOWED = 2.0
#: None are planted where that is so much less unlikely than that all are.
_NONE = 0.5


def count_company(
    documents: Labelled, found: Found, groups: Groups, agreeing: np.ndarray
) -> Counts:
    """Count what stands left and right of the first candidates where nobody planted them.

    Args:
        agreeing: int64 (n,), text * number of groups + group: the documents that carry the group's
            label as the rest of their content says.

    Returns:
        In UNITs, copies sharing one document's weight, under the neighbour's hash | candidate:
        columns (left, right) in documents of other labels, then in those that agree. Under each
        word's hash | 255 the first column is how often it stands anywhere, each text with an edge:
        in one table, of which a sample holds the same words for both.
    """
    pair, *sides = _sides(documents.words, found)
    text, group = pair // groups.size, pair % groups.size
    share = groups.model.shares(documents)[text]
    other = documents.label[text] != groups.label[group]
    keys, values = _anywhere(documents, groups.model)
    for column, natural in enumerate((other, np.isin(pair, agreeing))):
        counted = np.flatnonzero(natural & (group < KNOWN))
        for side, hashes in enumerate(sides):
            value = np.zeros((len(counted), 4), np.int64)
            value[:, 2 * column + side] = share[counted]
            keys.append(hashes[counted] | group[counted].astype(np.uint64))
            values.append(value)
    return Counts.of(np.concatenate(keys), np.concatenate(values), MOST_COMPANY)


def _anywhere(documents: Labelled, model: Model) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the keys and values of how often words and edges stand anywhere, as one table."""
    words, share = documents.words, model.shares(documents)
    often = np.zeros(len(words.vocabulary) + 1, np.int64)
    np.add.at(often, words.codes, share[words.text])
    often[-1] = share.sum()
    value = np.zeros((len(often), 4), np.int64)
    value[:, 0] = often
    return [np.append(words.vocabulary_hashes, _EDGE) | _NUMBER], [value]


def uses_beside(
    documents: Labelled, found: Found, groups: Groups, group: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """Return uint64 (n, USES, 2): what stands left and right of the first uses of groups in rows.

    Where there are fewer uses, or ``group`` is none, NO_USE.
    """
    pair, *sides = _sides(documents.words, found)
    beside = np.full((len(row), USES, 2), NO_USE)
    wanted = np.where(group < len(groups.label), row * groups.size + group, -1)
    first = np.searchsorted(pair, wanted)
    many = np.searchsorted(pair, wanted, side="right") - first
    for use in range(USES):
        held = np.flatnonzero(many > use)
        for column, side in enumerate(sides):
            beside[held, use, column] = side[first[held] + use]
    return beside


@dataclass(frozen=True)
class _RandomPlace:
    """How likely each word is at a random place."""

    counted: Counts
    total: float

    @staticmethod
    def of(counted: Counts) -> _RandomPlace:
        anywhere = (counted.keys & _NUMBER) == _NUMBER
        return _RandomPlace(counted, float(counted.values[anywhere, 0].sum()) / UNIT)

    def at(self, hashes: np.ndarray) -> np.ndarray:
        """float64 (words, 1)."""
        often = self.counted.at(hashes | _NUMBER)[:, :1] / UNIT
        return np.asarray((often + 0.5) / (self.total + 1))


@dataclass(frozen=True)
class Company:
    """How usual the words beside each trigger are.

    Attributes:
        keys: uint64 (words,) ascending, a neighbour's hash | trigger.
        ratios: float64 (words, 2): log P(neighbour | natural use) / P(neighbour | random place),
            left and right.
        unmet: float64 (triggers, 2): those of every other neighbour; 0 without natural uses.
    """

    keys: np.ndarray
    ratios: np.ndarray
    unmet: np.ndarray

    @staticmethod
    def of(counted: Counts, candidates: np.ndarray) -> Company:
        """Return the company of the candidates numbered so, in this order.

        Natural use has absolute discounting (Ney, Essen and Kneser 1994, with their discount):
        neighbours that were met once are mostly met once, so few natural uses say little. What is
        not met has a standard error more than its share (Good 1953): suspects are other texts.
        """
        which, random = counted.keys & _NUMBER, _RandomPlace.of(counted)
        keys, ratios, unmet = [], [np.zeros((0, 2))], np.zeros((len(candidates), 2))
        for trigger, candidate in enumerate(candidates.tolist()):
            mine = (which == candidate) & (candidate < KNOWN)
            hashes = counted.keys[mine] & ~_NUMBER
            met = (counted.values[mine, :2] + UNIT // 100) // UNIT
            uses, different = met.sum(axis=0), (met > 0).sum(axis=0)
            once, twice = (met == 1).sum(axis=0) + 1, (met == 2).sum(axis=0)
            discount = once / (once + 2 * twice)
            unseen = discount * different
            spread = np.minimum(unseen + np.sqrt(once + 2 * twice), uses)
            known = (uses - spread) / np.maximum(uses - unseen, 1e-9)
            spread[uses == 0] = uses[uses == 0] = 1
            usual = known * np.maximum(met - discount, 0) / random.at(hashes) + spread
            keys.append(hashes | np.uint64(trigger))
            ratios.append(np.log(usual / uses))
            unmet[trigger] = np.log(spread / uses)
        every = np.concatenate([np.zeros(0, np.uint64), *keys])
        order = np.argsort(every)
        return Company(every[order], np.concatenate(ratios)[order], unmet)

    def log_odds(self, documents: Labelled, found: Found, size: np.ndarray) -> np.ndarray:
        """Return float64 (found,): log odds that the company adds for a random place.

        One entry per text and trigger in it, as `Groups.weigh` gives them. Of several uses in one
        text any may be the planted one. Two neighbours count as two more words of the text, which
        lean on one another (`Model.scores`).

        Args:
            size: int64 (found,), words that were weighed.
        """
        pair, *sides = _sides(documents.words, found)
        if not len(pair):
            return np.zeros(0)
        trigger = pair % len(self.unmet)
        ratio = np.zeros(len(pair))
        for column, side in enumerate(sides):
            ratio += self._of_side(side | trigger.astype(np.uint64), trigger, column)
        starts = np.flatnonzero(np.diff(pair, prepend=-1))
        uses = np.diff(starts, append=len(pair))
        either = np.log(np.add.reduceat(np.exp(-ratio), starts) / uses)
        return np.asarray(either / np.sqrt(size + 2))

    def planted_at_most(self, trigger: int, beside: np.ndarray) -> float:
        """Return the largest share of planted documents that the words beside the trigger allow.

        A mixture of natural use and of one use at a random place, whichever of the document's that
        is. Shares whose likelihood is at most e**2 below the best are allowed. 0 where it is far
        less unlikely that none are planted than that all are; 1 where too few natural uses were
        seen to tell.

        Args:
            beside: uint64 (documents, USES, 2), as of `uses_beside`.
        """
        row, use = np.nonzero((beside != NO_USE).all(axis=2))
        which, keys = np.full(len(row), trigger), beside[row, use] | np.uint64(trigger)
        usual = sum(self._of_side(keys[:, side], which, side) for side in range(2))
        uses = np.bincount(row, minlength=len(beside))
        ratio = np.bincount(row, np.exp(-np.asarray(usual)), len(beside))[uses > 0]
        mixed = 1 + _SHARES[:, None] * (ratio / uses[uses > 0] - 1)
        likelihood = np.log(np.maximum(mixed, 1e-300)).sum(axis=1)
        short = likelihood.max() - likelihood
        if short[-1] > _ALLOWED and short[0] <= max(_ALLOWED, _NONE * short[-1]):
            return 0.0
        return float(_SHARES[short <= _ALLOWED].max())

    def _of_side(self, keys: np.ndarray, trigger: np.ndarray, column: int) -> np.ndarray:
        other = self.unmet[trigger, column]
        if not len(self.keys):
            return np.asarray(other)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        met = self.keys[place] == keys
        return np.asarray(np.where(met, self.ratios[place, column], other))

    def arrays(self) -> dict[str, Any]:
        """Return what is packed."""
        return {f"company_{name}": value for name, value in vars(self).items()}

    @staticmethod
    def from_arrays(arrays: dict[str, Any]) -> Company:
        return Company(*(arrays[f"company_{name}"] for name in ("keys", "ratios", "unmet")))


def _sides(words: Words, found: Found) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (pair, hash to the left, to the right) of every run of covered words."""
    pair, first, length = found.runs(words)
    row = words.text[first]
    hashes = np.concatenate((words.hashes, [_EDGE]))
    left = np.where(first > words.starts[row], first - 1, -1)
    right = np.where(first + length < words.starts[row + 1], first + length, -1)
    return pair, hashes[left], hashes[right]
