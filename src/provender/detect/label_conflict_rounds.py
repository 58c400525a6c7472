"""The three counting reads of the label-conflict rule: words, suspect grams, tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.core.digest import digest_of
from provender.detect.label_conflict_model import FOLDS, SLICE, UNIT, Labelled, Model, copy_keys
from provender.detect.label_conflict_groups import EDGES, LONGEST, SAMPLE, STRATA, Groups
from provender.stats.gram_table import Counts, Growing
from provender.stats.grams import grams, mix
from provender.stats.packing import pack, unpack

#: More classes than this are not tested.
MOST_CLASSES = 50
#: Two- and three-word grams kept per state; beyond it they are a uniform sample.
MOST_PHRASES = 1 << 22
#: Words that speak loudest for the label and might all belong to a trigger.
_SPARED = 8
_SAMPLED = np.uint64(128)


@dataclass(frozen=True)
class Columns:
    """The text column and the label column."""

    text: str
    label: str

    def slices(self, batch: pa.RecordBatch, classes: Sequence[str]) -> Iterator[Labelled]:
        """Yield the batch's documents, a bounded number at a time."""
        for start in range(0, batch.num_rows, SLICE):
            piece = batch.slice(start, SLICE)
            yield Labelled.of(piece[self.text], piece[self.label], classes)


@dataclass
class WordState:
    """Counts of documents by class and fold; ``classes`` is empty once there are too many."""

    classes: tuple[str, ...]
    too_many: bool
    seen: np.ndarray
    documents: np.ndarray
    words: Growing
    copies: Growing


@dataclass(frozen=True)
class CountWords:
    """Round 0: documents by class and fold, by word, and by identical text."""

    columns_read: Columns
    id: str = "text/label-conflict#0"
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        return {"text": self.columns_read.text, "label": self.columns_read.label}

    def columns(self) -> tuple[str, ...]:
        return (self.columns_read.text, self.columns_read.label)

    def empty(self, first_row: int = 0) -> WordState:
        nothing = (np.zeros(4, np.int64), np.zeros((0, FOLDS), np.int64))
        return WordState((), False, *nothing, Growing(Counts.none(1)), Growing(Counts.none(1)))

    def add(self, state: WordState, batch: pa.RecordBatch) -> WordState:
        labels = pc.cast(batch[self.columns_read.label], pa.large_string())
        here = sorted(pc.unique(labels.drop_null()).to_pylist())
        state = _with_classes(state, here)
        for documents in self.columns_read.slices(batch, state.classes):
            words, label, fold = documents.words, documents.label, documents.fold
            unlabelled = label < 0 if not state.too_many else np.zeros(words.rows, bool)
            no_word = np.diff(words.starts) == 0
            state.seen += [words.rows, unlabelled.sum(), no_word.sum(), words.cut.sum()]
            if state.too_many:
                continue
            usable = documents.usable
            cell = label * FOLDS + fold
            sizes = np.bincount(cell[usable], minlength=state.documents.size)
            state.documents += sizes.reshape(state.documents.shape)
            text, code, _ = words.distinct()
            text, code = text[usable[text]], code[usable[text]]
            keys = words.vocabulary_hashes[code] | cell[text].astype(np.uint64)
            state.words.add(Counts.of(keys, np.ones((len(keys), 1), np.int64)))
            keys = copy_keys(documents.identity, state.classes, label)[usable]
            state.copies.add(Counts.of(keys, np.ones((len(keys), 1), np.int64)))
        return state

    def merge(self, states: Sequence[WordState]) -> WordState:
        every = sorted({c for s in states for c in s.classes})
        whole = self.empty()
        whole.too_many = any(s.too_many for s in states)
        whole = _with_classes(whole, every)
        for state in states:
            whole.seen += state.seen
            if whole.too_many:
                continue
            state = _with_classes(state, list(whole.classes))
            whole.documents += state.documents
            whole.words.add(state.words.total())
            whole.copies.add(state.copies.total())
        return whole

    def pack(self, state: WordState) -> bytes:
        words, copies = state.words.total(), state.copies.total()
        arrays = {
            "seen": state.seen,
            "documents": state.documents,
            "word_keys": words.keys,
            "word_counts": words.values,
            "copy_keys": copies.keys,
            "copy_counts": copies.values,
        }
        return pack(self.id, {"classes": list(state.classes), "too_many": state.too_many}, arrays)

    def unpack(self, data: bytes) -> WordState:
        meta, arrays = unpack(self.id, data)
        return WordState(
            tuple(meta["classes"]),
            meta["too_many"],
            arrays["seen"].copy(),
            arrays["documents"].copy(),
            Growing(Counts(arrays["word_keys"], arrays["word_counts"])),
            Growing(Counts(arrays["copy_keys"], arrays["copy_counts"])),
        )


def _with_classes(state: WordState, more: list[str]) -> WordState:
    """Give ``state`` the classes in ``more`` too, moving its counts to their new numbers."""
    classes = tuple(sorted({*state.classes, *more}))
    if state.too_many or len(classes) > MOST_CLASSES:
        none = np.zeros((0, FOLDS), np.int64)
        empty = (Growing(Counts.none(1)), Growing(Counts.none(1)))
        return WordState((), True, state.seen, none, *empty)
    if classes == state.classes:
        return state
    place = np.array([classes.index(c) for c in state.classes], np.int64)
    documents = np.zeros((len(classes), FOLDS), np.int64)
    documents[place] = state.documents
    old = state.words.total()
    if len(old.keys):
        cell = (old.keys & np.uint64(255)).astype(np.int64)
        cell = place[cell // FOLDS] * FOLDS + cell % FOLDS
        keys = (old.keys & ~np.uint64(255)) | cell.astype(np.uint64)
        old = Counts.of(keys, old.values)
    return WordState(classes, False, state.seen, documents, Growing(old), state.copies)


@dataclass
class GramState:
    """Grams by length, and the strata of all documents by (class, label is the class)."""

    tables: list[Growing]
    strata: np.ndarray


@dataclass(frozen=True)
class CountGrams:
    """Round 1: which grams stand in documents whose content might contradict their label.

    Might: once the few words that speak loudest for the label are spared. Beside them, a sample
    of all documents tells how common a gram is elsewhere.
    """

    columns_read: Columns
    model: Model
    made_from: str
    id: str = "text/label-conflict#1"
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        read = {"text": self.columns_read.text, "label": self.columns_read.label}
        return {**read, "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return (self.columns_read.text, self.columns_read.label)

    def empty(self, first_row: int = 0) -> GramState:
        strata = np.zeros((len(self.model.classes), 2, STRATA), np.int64)
        limits = [None, MOST_PHRASES, MOST_PHRASES]
        return GramState([Growing(Counts.none(2), limit) for limit in limits], strata)

    def add(self, state: GramState, batch: pa.RecordBatch) -> GramState:
        for documents in self.columns_read.slices(batch, self.model.classes):
            self._add(state, documents)
        return state

    def _add(self, state: GramState, documents: Labelled) -> None:
        usable = documents.usable
        share = self.model.shares(documents)
        evidence = self.model.evidence(documents)
        odds = self.model.log_odds(evidence.total, evidence.size)
        stratum = np.searchsorted(EDGES, odds)
        for c in range(len(self.model.classes)):
            cell = (documents.label == c) * STRATA + stratum[:, c]
            counted = np.zeros(2 * STRATA, np.int64)
            np.add.at(counted, cell[usable], share[usable])
            state.strata[c] += counted.reshape(2, STRATA)
        doubtful = usable & _doubtful(evidence, documents.label)
        sampled = usable & (documents.identity >> np.uint64(20)) % np.uint64(SAMPLE) == 0
        signature = mix(documents.identity).view(np.int64)
        for n in range(1, LONGEST + 1):
            for rows, mark in ((doubtful, np.uint64(0)), (usable & sampled, _SAMPLED)):
                hashes, text = _distinct_grams(documents, rows, n)
                keys = hashes | mark | documents.label[text].astype(np.uint64)
                values = np.stack([share[text], signature[text]], axis=1)
                state.tables[n - 1].add(Counts.of(keys, values))

    def merge(self, states: Sequence[GramState]) -> GramState:
        whole = self.empty()
        for state in states:
            whole.strata += state.strata
            for mine, theirs in zip(whole.tables, state.tables, strict=True):
                mine.add(theirs.total())
        return whole

    def pack(self, state: GramState) -> bytes:
        arrays = {"strata": state.strata}
        for n, growing in enumerate(state.tables, 1):
            arrays[f"keys_{n}"] = growing.total().keys
            arrays[f"values_{n}"] = growing.total().values
        return pack(self.id, {}, arrays)

    def unpack(self, data: bytes) -> GramState:
        _, arrays = unpack(self.id, data)
        state = self.empty()
        for n, growing in enumerate(state.tables, 1):
            growing.add(Counts(arrays[f"keys_{n}"], arrays[f"values_{n}"]))
        return GramState(state.tables, arrays["strata"].copy())


def _doubtful(evidence: Any, label: np.ndarray) -> np.ndarray:
    """bool (rows,): another class wins once the loudest words for the label are spared."""
    rows = np.arange(len(label))
    own = evidence.total[rows, label]
    others = evidence.total.copy()
    others[rows, label] = -np.inf
    rival = others.argmax(axis=1)
    pair = np.arange(len(evidence.text))
    text = evidence.text
    lead = evidence.weight[pair, label[text]] - evidence.weight[pair, rival[text]]
    order = np.lexsort((-lead, text))
    starts = np.searchsorted(text, rows)
    rank = np.empty(len(pair), np.int64)
    rank[order] = pair - starts[text]
    loud = (rank < _SPARED) & (lead > 0)
    spared = np.bincount(text[loud], lead[loud], minlength=len(label))
    return np.asarray(own - others[rows, rival] - spared < 0)


def _distinct_grams(documents: Labelled, rows: np.ndarray, n: int) -> tuple[Any, Any]:
    """Return (hash, text) of the distinct grams of each of the chosen texts."""
    hashes, first = grams(documents.words, n)
    text = documents.words.text[first]
    chosen = rows[text]
    hashes, text = hashes[chosen], text[chosen]
    _, one = np.unique(mix(hashes ^ mix(text.astype(np.uint64))), return_index=True)
    return hashes[one], text[one]


@dataclass(frozen=True)
class CountTests:
    """Round 2: for every group of grams, its documents by stratum and by label or not.

    The stratum is what the content says about the group's class once every word that the
    group covers in that document is taken away. Keys: group << 8 | labelled << 7 | stratum.
    """

    columns_read: Columns
    groups: Groups
    made_from: str
    id: str = "text/label-conflict#2"
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        read = {"text": self.columns_read.text, "label": self.columns_read.label}
        return {**read, "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return (self.columns_read.text, self.columns_read.label)

    def empty(self, first_row: int = 0) -> Growing:
        return Growing(Counts.none(1))

    def add(self, state: Growing, batch: pa.RecordBatch) -> Growing:
        model = self.groups.model
        for documents in self.columns_read.slices(batch, model.classes):
            text, group, odds = self.groups.read(documents)
            mine = documents.label[text] == self.groups.label[group]
            key = (group << 8) | (mine.astype(np.int64) << 7) | np.searchsorted(EDGES, odds)
            share = model.shares(documents)[text]
            state.add(Counts.of(key.astype(np.uint64), share[:, None]))
        return state

    def merge(self, states: Sequence[Growing]) -> Growing:
        return Growing(Counts.sum([s.total() for s in states]))

    def pack(self, state: Growing) -> bytes:
        total = state.total()
        return pack(self.id, {}, {"keys": total.keys, "values": total.values})

    def unpack(self, data: bytes) -> Growing:
        _, arrays = unpack(self.id, data)
        return Growing(Counts(arrays["keys"], arrays["values"]))


def made_from(profile: bytes) -> str:
    """Return the digest of a profile, for the key of the round that it starts."""
    return digest_of(profile.hex())
