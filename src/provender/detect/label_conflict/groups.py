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

from provender.detect.label_conflict.evidence import Evidence
from provender.detect.label_conflict.loud import taken_by
from provender.detect.label_conflict.model import CELL, Labelled, Model
from provender.detect.label_conflict.strata import stratum_of
from provender.stats.cell_hash import mix
from provender.stats.gram_table import Counts
from provender.stats.grams import Words, distinct, grams, ranges
from provender.stats.packing import pack, unpack

LONGEST = 3
#: One document in this many is sampled to learn how common a gram is.
SAMPLE = 16
#: Marks, beside the class, that a count is of the sample.
SAMPLED = np.uint64(1 << 10)
_SHORT = np.uint64(44)
#: Numbers that are worked on at once.
_BLOCK = 1 << 17
_KIND = "label-conflict-groups/2"


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
        which, at = ranges(self.first, self.length)
        return self.pair[which], at

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
        strata: int64 (classes, 2 + len(TAKEN), strata): all documents by stratum, label other or
            this one; and those of this one without so many of their loudest words.
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

    def held_against(self, strata: np.ndarray) -> np.ndarray:
        """Return int64 (groups, 3, strata): all documents by stratum of a group's class.

        Of another label, of this one, and of this one without as many of their loudest words as
        the group has (`loud.quiet_strata`; with few classes as they are).

        Args:
            strata: as the attribute, of the documents that count.
        """
        kind = 2 + self.taken
        rows = np.stack((np.zeros_like(kind), np.ones_like(kind), kind), axis=1)
        return np.asarray(strata[self.label[:, None], rows])

    @cached_property
    def taken(self) -> np.ndarray:
        """int64 (groups,): which of `loud.TAKEN` is held against each; -1 with few classes."""
        length = (self.keys & CELL).astype(np.int64)
        grams_of = np.zeros((self.size, LONGEST), np.int64)
        np.add.at(grams_of, (self.member_of, length - 1), 1)
        words = np.where(grams_of > 0, grams_of + np.arange(LONGEST), 0).max(axis=1)
        return taken_by(words[: len(self.label)], len(self.model.classes))

    def find(self, documents: Labelled) -> Found:
        """Find the groups in every usable document."""
        words, usable = documents.words, documents.usable
        low, each = self._members(words.vocabulary_hashes, 1)
        at = np.flatnonzero(usable[words.text] & (each[words.codes] > 0))
        parts = [(at, low[words.codes[at]], each[words.codes[at]])]
        for n in range(2, LONGEST + 1):
            hashes, at = grams(words, n, usable)
            parts.append((at, *self._members(hashes, n)))
        at, low, each = map(np.concatenate, zip(*parts, strict=True))
        length = np.repeat(np.arange(1, LONGEST + 1), [len(part[0]) for part in parts])
        which, member = ranges(low, each)
        first, length = at[which], length[which]
        pair = words.text[first] * self.size + self.member_of[member]
        present = self._present(pair, member)
        return Found(pair[present], first[present], length[present])

    def weigh(self, documents: Labelled, found: Found, evidence: Evidence | None = None) -> Weighed:
        """Weigh every document for the class of each group that it holds.

        Args:
            evidence: what the model says of the documents, where that is known.
        """
        own = np.arange(self.size + 1)
        return self._weigh(documents, found, evidence, self.label, own, own)

    def weigh_all(self, documents: Labelled) -> Weighed:
        """Find and weigh as `find` and `weigh` do, in any order.

        Groups of the same grams, for several classes, are looked for and taken away once.
        """
        first, starts, same = self._same
        return first._weigh(documents, first.find(documents), None, self.label, starts, same)

    def _weigh(
        self,
        documents: Labelled,
        found: Found,
        evidence: Evidence | None,
        label: np.ndarray,
        starts: np.ndarray,
        same: np.ndarray,
    ) -> Weighed:
        """Weigh for the ``label`` of each of the groups ``same[starts[i] : starts[i + 1]]``."""
        if not len(found.pair):
            nothing = np.zeros(0, np.int64)
            return Weighed(nothing, nothing, np.zeros(0), nothing, nothing)
        words, model = documents.words, self.model
        pair, code = found.covered(words)
        runs = np.flatnonzero(np.diff(pair, prepend=-1, append=-1))
        text, mine = pair[runs[:-1]] // self.size, pair[runs[:-1]] % self.size
        evidence = evidence or model.evidence(documents)
        at = evidence.of_words(pair // self.size, code)
        fewer = np.add.reduceat(evidence.weighs[at].astype(np.int64), runs[:-1])
        size = evidence.size[text] - fewer
        row, place = ranges(starts[mine], starts[mine + 1] - starts[mine])
        group, odds = same[place], np.empty(len(row))
        step = max(_BLOCK // len(model.classes), 1)
        for begin in range(0, len(text), step):
            some = slice(begin, begin + step)
            gone = evidence.sums(at, runs[begin : begin + step + 1])
            of = slice(*np.searchsorted(row, (begin, begin + step)))
            odds[of] = model.log_odds_of(
                evidence.total.take(text[some], axis=0) - gone,
                size[some],
                row[of] - begin,
                label[group[of]],
            )
        size = size[row]
        return Weighed(text[row], group, odds, size, stratum_of(odds, size, model.usual))

    def strata_of(self, evidence: Evidence) -> np.ndarray:
        """Return int64 (rows, classes): the strata of documents with all that they hold."""
        odds = self.model.log_odds(evidence.total, evidence.size)
        return stratum_of(odds, evidence.size, self.model.usual)

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

    @cached_property
    def _same(self) -> tuple[Groups, np.ndarray, np.ndarray]:
        """One group of each set of grams; where in the last its equals start; these, in turn."""
        # The sum tells sets apart as group signatures do: with a chance of 2^-64 a pair of not.
        grams_of = np.zeros(self.size, np.uint64)
        np.add.at(grams_of, self.member_of, mix(self.keys))
        order = np.argsort(grams_of, kind="stable")
        new = np.flatnonzero(np.diff(grams_of[order], prepend=~grams_of[order[:1]]))
        return self.only(order[new]), np.append(new, self.size), order

    @property
    def size(self) -> int:
        """Number of groups, at least 1."""
        return max(len(self.label), 1)

    def _present(self, pair: np.ndarray, member: np.ndarray) -> np.ndarray:
        """bool (found,): at least half of the group's grams stand in the text."""
        sizes = np.bincount(self.member_of, minlength=self.size)
        present = np.ones(len(pair), bool)
        open_ = np.flatnonzero(sizes[self.member_of[member]] > 2)
        pair, member = pair[open_], member[open_]
        many = max(len(self.keys), 1)
        pairs, found = np.unique(distinct(pair * many + member) // many, return_counts=True)
        enough = 2 * found >= sizes[pairs % self.size]
        present[open_] = enough[np.searchsorted(pairs, pair)]
        return present

    def _members(self, hashes: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Return int64 (grams,) each: where their members start, and how many there are."""
        hashes = (hashes & ~CELL) | np.uint64(length)
        maybe = np.flatnonzero(self._maybe[(hashes >> _SHORT).astype(np.int64)])
        low, each = np.zeros((2, len(hashes)), np.int64)
        low[maybe] = np.searchsorted(self.keys, hashes[maybe])
        each[maybe] = np.searchsorted(self.keys, hashes[maybe], side="right") - low[maybe]
        return low, each

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
