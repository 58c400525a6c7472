"""Groups of grams that always occur together, and what a document says without them.

All grams with the same set of suspect documents are one group: the pieces of a sentence, of a
template, or one word. A group is taken away as a whole, or the rest of a planted sentence would
vouch for its own label.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from provender.detect.label_conflict.model import UNIT, Evidence, Labelled, Model
from provender.detect.label_conflict.strata import stratum_of
from provender.stats.gram_table import Counts
from provender.stats.grams import Words, distinct, grams
from provender.stats.packing import pack, unpack

LONGEST = 3
#: One document in this many is sampled to learn how common a gram is.
SAMPLE = 16
#: Fewer documents than this are never a trigger.
FEWEST = 5
#: Standard deviations above its expected count from which a common gram is tested.
_ENRICHED = 2.5
#: Marks, beside the class, that a count is of the sample.
SAMPLED = np.uint64(128)
_SHORT = np.uint64(44)
_KIND = "label-conflict-groups/1"


@dataclass(frozen=True)
class Found:
    """Where the groups' grams stand in a slice of documents.

    Attributes:
        pair: int64 (found,): text * number of groups + group.
        first: int64 (found,): the gram's first word.
        length: int64 (found,): its number of words.
    """

    pair: np.ndarray
    first: np.ndarray
    length: np.ndarray

    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (pair, word), one entry per word of every gram."""
        step = np.arange(self.length.sum()) - np.repeat(
            np.cumsum(self.length) - self.length, self.length
        )
        return np.repeat(self.pair, self.length), np.repeat(self.first, self.length) + step

    def runs(self, words: Words) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (pair, first word, number of words) of the runs they cover, ascending."""
        pair, at = self.positions()
        many = max(len(words.codes), 1)
        covered = distinct(pair * many + at)
        pair, at = covered // many, covered % many
        new = np.ones(len(pair), bool)
        new[1:] = (pair[1:] != pair[:-1]) | (at[1:] != at[:-1] + 1)
        start = np.flatnonzero(new)
        return pair[start], at[start], np.diff(np.append(start, len(pair)))

    def covered(self, words: Words) -> tuple[np.ndarray, np.ndarray]:
        """Return the distinct (pair, code) that the grams cover, ascending."""
        pair, at = self.positions()
        width = max(len(words.vocabulary), 1)
        keys = distinct(pair * width + words.codes[at])
        return keys // width, keys % width


class Weighed(NamedTuple):
    """What documents say without a group that they hold: one entry per text and group in it.

    Attributes:
        text, group: int64 (found,), ascending by text, then group.
        odds: float64 (found,): log odds of the group's class without the words it covers.
        size: int64 (found,): words that were weighed.
        stratum: int64 (found,): that of these odds.
    """

    text: np.ndarray
    group: np.ndarray
    odds: np.ndarray
    size: np.ndarray
    stratum: np.ndarray


@dataclass(frozen=True)
class Groups:
    """The groups under test.

    Attributes:
        model: the word counts.
        strata: int64 (classes, 2, strata): all documents by stratum, label other or this one.
        label: int64 (groups,): the class that the group might force.
        keys: uint64 (members,) ascending gram hashes, length in the low byte, with repeats.
        member_of: int64 (members,): the group of each.
        searched: number of groups there were, with those left out.
    """

    model: Model
    strata: np.ndarray
    label: np.ndarray
    keys: np.ndarray
    member_of: np.ndarray
    searched: int

    def find(self, documents: Labelled) -> Found:
        """Find the groups in every usable document."""
        words, usable = documents.words, documents.usable
        parts = []
        for n in range(1, LONGEST + 1):
            hashes, first = grams(words, n)
            first, member = self._members(hashes | np.uint64(n), first)
            keep = usable[words.text[first]]
            parts.append((first[keep], member[keep], np.full(keep.sum(), n)))
        first, member, length = map(np.concatenate, zip(*parts, strict=True))
        pair = words.text[first] * self.size + self.member_of[member]
        present = self._present(pair, member)
        return Found(pair[present], first[present], length[present])

    def weigh(self, documents: Labelled, found: Found, evidence: Evidence | None = None) -> Weighed:
        """Weigh every document for the class of each group that it holds.

        Args:
            evidence: what the model says of the documents, where that is known.
        """
        if not len(found.pair):
            nothing = np.zeros(0, np.int64)
            return Weighed(nothing, nothing, np.zeros(0), nothing, nothing)
        words = documents.words
        pair, code = found.covered(words)
        starts = np.flatnonzero(np.concatenate(([True], pair[1:] != pair[:-1])))
        evidence = evidence or self.model.evidence(documents)
        width = len(words.vocabulary)
        known = evidence.text * width + evidence.code
        at = np.searchsorted(known, pair // self.size * width + code)
        gone = _sums(evidence.weight, at, starts)
        telling = np.asarray(evidence.weight.any(axis=1), np.int64)
        fewer = np.add.reduceat(telling[at], starts)
        text, group = pair[starts] // self.size, pair[starts] % self.size
        size = evidence.size[text] - fewer
        odds = self.model.log_odds_of(evidence.total[text] - gone, size, self.label[group])
        return Weighed(text, group, odds, size, stratum_of(odds, size, self.model.usual))

    def only(self, chosen: np.ndarray) -> Groups:
        """Return the groups with the numbers ``chosen``, renumbered in that order."""
        place = np.full(self.size, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        kept = place[self.member_of] >= 0
        model = self.model
        if not len(chosen):
            model = replace(model, words=Counts.none(1), repeated=Counts.none(1))
        return replace(
            self,
            model=model,
            label=self.label[chosen],
            keys=self.keys[kept],
            member_of=place[self.member_of[kept]],
        )

    @cached_property
    def _maybe(self) -> np.ndarray:
        """bool (2**20,): some member's hash starts with these bits; spares most searches."""
        table = np.zeros(1 << 20, bool)
        table[(self.keys >> _SHORT).astype(np.int64)] = True
        return table

    @property
    def size(self) -> int:
        """Number of groups, at least 1."""
        return max(len(self.label), 1)

    def _present(self, pair: np.ndarray, member: np.ndarray) -> np.ndarray:
        """bool (found,): at least half of the group's grams stand in the text."""
        many = max(len(self.keys), 1)
        pairs, found = np.unique(distinct(pair * many + member) // many, return_counts=True)
        sizes = np.bincount(self.member_of, minlength=self.size)
        enough = 2 * found >= sizes[pairs % self.size]
        return np.asarray(enough[np.searchsorted(pairs, pair)])

    def _members(self, hashes: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (first word, member) wherever a gram is a member of a group."""
        maybe = np.flatnonzero(self._maybe[(hashes >> _SHORT).astype(np.int64)])
        hashes, first = hashes[maybe], first[maybe]
        low = np.searchsorted(self.keys, hashes)
        each = np.searchsorted(self.keys, hashes, side="right") - low
        at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each) + np.repeat(low, each)
        return np.repeat(first, each), at

    def pack(self) -> bytes:
        arrays = {
            "model": np.frombuffer(self.model.pack(), np.uint8),
            "strata": self.strata,
            "label": self.label,
            "keys": self.keys,
            "member_of": self.member_of,
        }
        return pack(_KIND, {"searched": self.searched}, arrays)

    @staticmethod
    def unpack(data: bytes) -> Groups:
        meta, arrays = unpack(_KIND, data)
        model = Model.unpack(arrays.pop("model").tobytes())
        return Groups(model=model, searched=meta["searched"], **arrays)


def _sums(weight: np.ndarray, at: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return float64 (runs, classes): the sum of ``weight[at]`` over each run.

    As `numpy.add.reduceat`, to the bit, but fast for runs of one or two, which most are.
    """
    many = np.diff(starts, append=len(at))
    total = weight[at[starts]].astype(np.float64)
    for place in range(1, int(many.max(initial=0))):
        longer = np.flatnonzero(many > place)
        total[longer] += weight[at[starts[longer] + place]]
    return np.asarray(total)


def groups_of(
    model: Model, strata: np.ndarray, doubtful: np.ndarray, tables: list[Counts]
) -> Groups:
    """Form the groups worth a test from the counts of suspect grams (one table per length).

    A common gram is worth one if it is more common in the doubtful documents of a class than in
    the documents of other classes; ``doubtful`` (int64, classes) is their number in UNITs.
    """
    of_class = strata[:, 1].sum(axis=1) / UNIT
    parts = []
    for n, table in enumerate(tables, 1):
        cell = table.keys & np.uint64(255)
        count = (table.values[:, 0] + UNIT // 100) // UNIT
        chosen = (cell < SAMPLED) & (count >= FEWEST)
        hashes, cell, count = table.keys[chosen] & ~np.uint64(255), cell[chosen], count[chosen]
        elsewhere = np.zeros(len(hashes))
        for c in range(len(model.classes)):
            seen = table.at(hashes | SAMPLED | np.uint64(c))[:, 0]
            elsewhere += np.where(cell == c, 0, seen * (SAMPLE / UNIT))
        label = cell.astype(np.int64)
        rate = np.minimum(elsewhere / np.maximum(of_class.sum() - of_class[label], 1), 1)
        expected = rate * doubtful[label] / UNIT
        usual = count < expected + _ENRICHED * np.sqrt(expected * (1 - rate))
        common = (elsewhere >= 3 * SAMPLE) & (count < 0.1 * elsewhere) & usual
        parts.append((hashes | np.uint64(n), cell, table.values[chosen, 1], common))
    key, cell, signature, common = map(np.concatenate, zip(*parts, strict=True))
    order = np.lexsort((key, signature, cell))
    key, cell, signature, common = key[order], cell[order], signature[order], common[order]
    new = np.ones(len(key), bool)
    new[1:] = (cell[1:] != cell[:-1]) | (signature[1:] != signature[:-1])
    member_of = np.cumsum(new) - 1
    by_key = np.argsort(key, kind="stable")
    label = cell[new].astype(np.int64)
    every = Groups(model, strata, label, key[by_key], member_of[by_key], len(label))
    return every.only(np.flatnonzero(np.bincount(member_of[~common], minlength=len(label))))
