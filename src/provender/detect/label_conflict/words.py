"""Round 0 of text/label-conflict: how many documents of each class hold each word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.label_conflict.model import CELL, FOLDS, Columns, Model, copy_keys
from provender.stats.gram_table import Counts, Growing
from provender.stats.grams import LONGEST_TEXT
from provender.stats.packing import pack, unpack

#: More classes than this are not tested.
MOST_CLASSES = 256
#: From fewer labelled texts what content says of labels cannot be learnt: of 40 texts no planted
#: word was ever found, of 60 some.
LEAST_TEXTS = 50
#: Counts (by word, class and fold) kept in a state; beyond it words are a uniform sample.
MOST_COUNTS = 1 << 22


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
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        return dict(vars(self.columns_read))

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> WordState:  # noqa: ARG002
        nothing = (np.zeros(4, np.int64), np.zeros((0, FOLDS), np.int64))
        words = Growing(Counts.none(1), MOST_COUNTS)
        return WordState((), False, *nothing, words, Growing(Counts.none(1)))

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
            text, code = words.distinct()
            text, code = text[usable[text]], code[usable[text]]
            keys = (words.vocabulary_hashes[code] & ~CELL) | cell[text].astype(np.uint64)
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
            Growing(Counts(arrays["word_keys"], arrays["word_counts"]), MOST_COUNTS),
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
        cell = (old.keys & CELL).astype(np.int64)
        cell = place[cell // FOLDS] * FOLDS + cell % FOLDS
        keys = (old.keys & ~CELL) | cell.astype(np.uint64)
        old = Counts.of(keys, old.values)
    words = Growing(old, MOST_COUNTS)
    return WordState(classes, False, state.seen, documents, words, state.copies)


def model_of(state: WordState) -> Model:
    """Return what the counts of all documents say; told is what they leave out."""
    words, copies = state.words.total(), state.copies.total()
    rows, unlabelled, empty, cut = (int(n) for n in state.seen)
    unseen = []
    classes = state.classes
    if state.too_many:
        unseen.append(f"more than {MOST_CLASSES} labels: nothing was tested")
    elif len(classes) < 2:
        labels = "only one label" if classes else "no label at all"
        unseen.append(f"{labels}: nothing to contradict")
    elif rows - unlabelled - empty < LEAST_TEXTS:
        unseen.append(f"uncalibrated: fewer than {LEAST_TEXTS} labelled texts")
        classes = ()
    if len(classes) < 2:
        classes, words, copies = (), Counts.none(1), Counts.none(1)
    if unlabelled:
        unseen.append(f"{unlabelled} of {rows} rows have no label")
    if empty:
        unseen.append(f"{empty} of {rows} texts hold no word")
    if cut:
        unseen.append(f"{cut} of {rows} texts were read to {LONGEST_TEXT} characters only")
    hashes = words.keys & ~CELL
    if len(hashes) == MOST_COUNTS:  # of the last word some counts may be missing
        whole = hashes < hashes[-1]
        hashes, words = hashes[whole], Counts(words.keys[whole], words.values[whole])
        unseen.append(f"only {float(hashes[-1]) / 2.0**64:.1%} of the words were weighed")
    # A word of one document never speaks: the document's own fold is left out.
    starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
    several = np.zeros(0, bool)
    if len(hashes):
        frequency = np.add.reduceat(words.values[:, 0], starts)
        several = np.repeat(frequency > 1, np.diff(starts, append=len(hashes)))
    repeated = copies.values[:, 0] > 1
    return Model(
        classes,
        state.documents[: len(classes)],
        Counts(words.keys[several], words.values[several]),
        Counts(copies.keys[repeated], copies.values[repeated]),
        "; ".join(unseen),
    )
