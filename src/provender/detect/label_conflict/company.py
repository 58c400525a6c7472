"""The words beside a trigger: a planted one stands at a random place, a natural one in company.

What company a trigger keeps is learnt from the documents of all labels but the one it forces:
there nobody planted it. The ratio of its usual company to random places orders a trigger's rows.
Where the documents that carry the label against their content hold the word as all others do, it
speaks for them: a natural cue, say a news agency's name, that decides a label by itself. It never
speaks against: company differs from label to label, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from provender.detect.label_conflict.groups import Found, Groups
from provender.detect.label_conflict.model import UNIT, Labelled, Model
from provender.stats.gram_table import Counts
from provender.stats.grams import Words

_NUMBER = np.uint64(255)
#: Stands for the edge of a text; no word has this hash.
_EDGE = np.uint64(0)


def count_company(
    documents: Labelled, found: Found, groups: Groups, leaders: int, suspect: np.ndarray
) -> Counts:
    """Count what stands left and right of the first candidates.

    Of these alone, so that a state grows with the words, not with words times candidates.

    Args:
        suspect: int64 (suspects,) ascending, text * number of groups + group: the documents that
            carry the group's label although their content speaks against it.

    Returns:
        In UNITs, copies sharing one document's weight, under the neighbour's hash | candidate:
        columns (left, right) in documents of other labels, then in suspects, whose uses share one
        document's weight, too.
    """
    pair, *sides = _sides(documents.words, found)
    text, group = pair // groups.size, pair % groups.size
    other = documents.label[text] != groups.label[group]
    share = groups.model.shares(documents)[text]
    _, which, uses = np.unique(pair, return_inverse=True, return_counts=True)
    weights = (other * share, np.isin(pair, suspect) * (share // uses[which]))
    keys, values = [], []
    for column, weight in enumerate(weights):
        counted = np.flatnonzero((weight > 0) & (group < leaders))
        for side, hashes in enumerate(sides):
            value = np.zeros((len(counted), 4), np.int64)
            value[:, 2 * column + side] = weight[counted]
            keys.append(hashes[counted] | group[counted].astype(np.uint64))
            values.append(value)
    return Counts.of(np.concatenate(keys), np.concatenate(values))


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
    def of(counted: Counts, candidates: np.ndarray, groups: Groups) -> Company:
        """Return the company of the candidates numbered so, which are ``groups`` in this order.

        Natural use has absolute discounting (Ney, Essen and Kneser 1994, with their discount):
        neighbours that were met once are mostly met once, so few natural uses say little.
        """
        which = counted.keys & _NUMBER
        keys, ratios, unmet = [], [np.zeros((0, 2))], np.zeros((len(candidates), 2))
        for trigger, candidate in enumerate(candidates.tolist()):
            mine = which == candidate
            hashes = counted.keys[mine] & ~_NUMBER
            met = (counted.values[mine, :2] + UNIT // 100) // UNIT
            uses, different = met.sum(axis=0), (met > 0).sum(axis=0)
            once, twice = (met == 1).sum(axis=0) + 1, (met == 2).sum(axis=0)
            discount = once / (once + 2 * twice)
            spread = discount * different
            spread[uses == 0] = uses[uses == 0] = 1
            random = _random_place(groups.model, hashes, int(groups.label[trigger]))[:, None]
            usual = np.maximum(met - discount, 0) / random + spread
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

    def random_places(self, counted: Counts) -> np.ndarray:
        """Return float64 (triggers,): nats by which the suspects' places look random.

        Below 0 where the word keeps its usual company in them. Of triggers in the order that
        ``counted``, as of `count_company`, has them.
        """
        which = (counted.keys & _NUMBER).astype(np.int64)
        kept = which < len(self.unmet)
        keys, which = counted.keys[kept], which[kept]
        total = np.zeros(len(self.unmet))
        for side in range(2):
            many = counted.values[kept, 2 + side] / UNIT
            np.subtract.at(total, which, many * self._of_side(keys, which, side))
        return total

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


def _random_place(model: Model, hashes: np.ndarray, label: int) -> np.ndarray:
    """Return float64 (words,): how likely a word of a text of another label is each of these.

    By the documents that hold it; each has an edge.
    """
    others = np.arange(len(model.classes)) != label
    documents = float(model.documents[others].sum())
    held = model.frequencies(hashes)[:, others].sum(axis=(1, 2), dtype=np.float64)
    held[hashes == _EDGE] = documents
    return np.asarray((held + 0.5) / (model.mass[others].sum() + documents))
