"""What the words of a document say about its class, without the document's own fold.

Bernoulli naive Bayes on the presence of words, cross-fitted: a document is judged by the counts
of the other folds. The fold is drawn from the text itself, so identical texts never judge each
other and no shard order matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.base import DataView, Unchecked
from provender.stats.cell_hash import is_text, mix
from provender.stats.gram_table import Counts
from provender.stats.grams import Words, hash_strings, text_hashes, words_of
from provender.stats.packing import pack, unpack

FOLDS = 5
#: A document's weight before it is shared among identical copies (divisible by 1 to 16).
UNIT = 720_720
#: Rows are worked on in slices of this many, which bounds memory whatever the batch.
SLICE = 1024
#: Numbers that a document's words are summed into, to compare documents.
SKETCH = 256
_SMOOTHING = np.float32(0.5)
_KIND = "label-conflict-model/1"


@dataclass(frozen=True)
class Labelled:
    """A slice of labelled documents.

    Attributes:
        words: the words of the texts.
        label: int64 (rows,), index of the class; -1 where it is null or not a known class.
        identity: uint64 (rows,), equal for equal texts.
        fold: int64 (rows,).
    """

    words: Words
    label: np.ndarray
    identity: np.ndarray
    fold: np.ndarray

    @staticmethod
    def of(texts: pa.Array, labels: pa.Array, classes: Sequence[str]) -> Labelled:
        """Read ``texts`` and ``labels`` (any type that casts to string)."""
        words = words_of(texts)
        known = pa.array(list(classes), pa.large_string())
        label = pc.fill_null(pc.index_in(pc.cast(labels, pa.large_string()), known), -1)
        identity = text_hashes(words)
        fold = (identity >> np.uint64(32)).astype(np.int64) % FOLDS
        return Labelled(
            words, label.to_numpy(zero_copy_only=False).astype(np.int64), identity, fold
        )

    @property
    def usable(self) -> np.ndarray:
        """bool (rows,): has a known label and a word."""
        return (self.label >= 0) & (np.diff(self.words.starts) > 0)


@dataclass(frozen=True)
class Columns:
    """The text column and the label column."""

    text: str
    label: str

    @staticmethod
    def of(view: DataView) -> Columns | Unchecked:
        """Return the columns with these roles, or why they do not serve."""
        text, label = view.roles.text, view.roles.label
        if text is None or label is None:
            return Unchecked("needs a text column and a label column")
        if not is_text(view.schema.field(text).type):
            return Unchecked(f"the text column {text!r} does not hold text")
        kind = view.schema.field(label).type
        if not (is_text(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
            return Unchecked(f"the label column {label!r} is {kind}, not a class")
        return Columns(text, label)

    def names(self) -> tuple[str, str]:
        return (self.text, self.label)

    def slices(self, batch: pa.RecordBatch, classes: Sequence[str]) -> Iterator[Labelled]:
        """Yield the batch's documents, a bounded number at a time."""
        for start in range(0, batch.num_rows, SLICE):
            piece = batch.slice(start, SLICE)
            yield Labelled.of(piece[self.text], piece[self.label], classes)


@dataclass(frozen=True)
class Evidence:
    """What each document of a slice says about each class.

    Attributes:
        text, code: int64 (pairs,), the distinct words of each text (`Words.distinct`).
        weight: float32 (pairs, classes): what the word adds for each class.
        total: float64 (rows, classes): the sum of the weights.
        size: int64 (rows,): number of distinct words that weigh anything.
    """

    text: np.ndarray
    code: np.ndarray
    weight: np.ndarray
    total: np.ndarray
    size: np.ndarray


@dataclass(frozen=True)
class Model:
    """The counts of all documents.

    Attributes:
        classes: the labels as text, sorted.
        documents: int64 (classes, folds).
        words: documents that hold a word (one column), by word hash | class * FOLDS + fold.
        repeated: number of documents (one column) by identity and label, where above one.
        unseen: what of the data is not looked at and why; '' when nothing is left out.
        prior, mass: derived: log share and number of words of each class (and fold).
        usual: derived: words in the mean document.
    """

    classes: tuple[str, ...]
    documents: np.ndarray
    words: Counts
    repeated: Counts
    unseen: str
    prior: np.ndarray = field(init=False)
    mass: np.ndarray = field(init=False)
    usual: float = field(init=False)

    def __post_init__(self) -> None:
        share = (self.documents.sum(axis=1) + 1) / max(self.documents.sum(), 1)
        object.__setattr__(self, "prior", np.log(share))
        mass = np.bincount(
            _cells(self.words.keys), self.words.values[:, 0], minlength=self.documents.size
        )
        object.__setattr__(self, "mass", mass.reshape(self.documents.shape))
        object.__setattr__(self, "usual", float(mass.sum() / max(self.documents.sum(), 1)))

    def pack(self) -> bytes:
        arrays = {
            "documents": self.documents,
            "word_keys": self.words.keys,
            "word_counts": self.words.values.astype(np.int32),
            "repeated_keys": self.repeated.keys,
            "repeated_counts": self.repeated.values,
        }
        return pack(_KIND, {"classes": list(self.classes), "unseen": self.unseen}, arrays)

    @staticmethod
    def unpack(data: bytes) -> Model:
        meta, arrays = unpack(_KIND, data)
        return Model(
            tuple(meta["classes"]),
            arrays["documents"],
            Counts(arrays["word_keys"], arrays["word_counts"]),
            Counts(arrays["repeated_keys"], arrays["repeated_counts"]),
            meta["unseen"],
        )

    def shares(self, documents: Labelled) -> np.ndarray:
        """Return int64 (rows,): UNIT, divided among the documents of the same text and label."""
        keys = copy_keys(documents.identity, self.classes, documents.label)
        return np.asarray(UNIT // np.maximum(self.repeated.at(keys)[:, 0], 1))

    def frequencies(self, hashes: np.ndarray) -> np.ndarray:
        """Return float32 (words, classes, folds): documents that hold each word."""
        counts = np.zeros((len(hashes), self.documents.size), np.float32)
        first = np.searchsorted(self.words.keys, hashes)
        each = np.searchsorted(self.words.keys, hashes | np.uint64(255), side="right") - first
        row = np.repeat(np.arange(len(hashes)), each)
        at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each) + first[row]
        counts[row, _cells(self.words.keys[at])] = self.words.values[at, 0]
        return counts.reshape(len(hashes), *self.documents.shape)

    def weights(self, hashes: np.ndarray) -> np.ndarray:
        """Return float32 (words, folds, classes): how a word speaks for each class.

        The logarithm of observed over expected documents in the other folds, both plus a half,
        expected if the word were spread as all words are: long documents do not speak for
        their class by length alone, nor rare words for small classes.
        """
        logs = np.zeros((len(hashes), *self.documents.T.shape), np.float32)
        counts = self.frequencies(hashes)
        known = np.flatnonzero(counts.any(axis=(1, 2)))
        counts = counts[known]
        others = counts.sum(axis=2)[:, None, :] - counts.transpose(0, 2, 1)
        spoken = counts.sum(axis=(1, 2))[:, None] - counts.sum(axis=1)
        mass = (self.mass.sum(axis=1, keepdims=True) - self.mass).T
        share = mass / np.maximum(mass.sum(axis=1, keepdims=True), 1)
        expected = (spoken[:, :, None] * share).astype(np.float32)
        found = np.log((others + _SMOOTHING) / (expected + _SMOOTHING))
        found[spoken == 0] = 0
        logs[known] = found
        return logs

    def sketch(self, words: Words, row: np.ndarray, code: np.ndarray, rows: int) -> np.ndarray:
        """Return int32 (rows, SKETCH): words summed with their rarity under random signs.

        Inner products estimate those of the full vectors (feature hashing, Weinberger 2009).
        """
        frequency = self.frequencies(words.vocabulary_hashes).sum(axis=(1, 2))
        rarity = np.log(self.documents.sum() / np.maximum(frequency, 1))
        spread = mix(words.vocabulary_hashes)
        sign = np.where(spread >> np.uint64(40) & np.uint64(1), 1, -1)
        value = np.where(frequency > 1, np.rint(32 * rarity) * sign, 0).astype(np.int32)
        sketch = np.zeros((rows, SKETCH), np.int32)
        np.add.at(sketch, (row, (spread % np.uint64(SKETCH)).astype(np.int64)[code]), value[code])
        return sketch

    def evidence(self, documents: Labelled) -> Evidence:
        """Weigh every document's words by the other folds."""
        words = documents.words
        text, code = words.distinct()
        weight = self.weights(words.vocabulary_hashes)[code, documents.fold[text]]
        total = np.zeros((words.rows, len(self.classes)))
        for c in range(len(self.classes)):
            total[:, c] = np.bincount(text, weight[:, c], minlength=words.rows)
        size = np.bincount(text[weight.any(axis=1)], minlength=words.rows)
        return Evidence(text, code, weight, total, size)

    def scores(self, total: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes): log p of each class but for what all have in common.

        Args:
            total: float64 (n, classes) sums of weights; words lean on one another, so they
                count as the root of their number.
            size: int64 (n,) number of words summed.
        """
        return np.asarray(total / np.sqrt(np.maximum(size, 1))[:, None] + self.prior)

    def log_odds(self, total: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes): log p / (1 - p) of each class; arguments as `scores`."""
        scores = self.scores(total, size)
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        rest = odds.sum(axis=1, keepdims=True) - odds
        return np.asarray(scores - np.log(np.maximum(rest, 1e-30)))

    def log_odds_of(self, total: np.ndarray, size: np.ndarray, label: np.ndarray) -> np.ndarray:
        """Return float64 (n,): the column of `log_odds` that ``label`` (n,) names in each row."""
        scores = self.scores(total, size)
        scores -= scores.max(axis=1, keepdims=True)
        row = np.arange(len(label))
        own = scores[row, label]
        np.exp(scores, out=scores)
        rest = scores.sum(axis=1) - scores[row, label]
        return np.asarray(own - np.log(np.maximum(rest, 1e-30)))


def _cells(keys: np.ndarray) -> np.ndarray:
    """int64: class * FOLDS + fold, from the low byte of the keys."""
    return np.asarray((keys & np.uint64(255)).astype(np.int64))


def copy_keys(identity: np.ndarray, classes: Sequence[str], label: np.ndarray) -> np.ndarray:
    """Return uint64 keys, equal for equal texts with equal labels (whatever the class list)."""
    names = np.append(hash_strings(list(classes)), np.uint64(0))
    return mix(identity ^ mix(names[label]))
