"""What the words of a document say about its class, without the document's own fold.

Bernoulli naive Bayes on the presence of words, cross-fitted: a document is judged by the counts
of the other folds. The fold is drawn from the text itself, so identical texts never judge each
other and no shard order matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.base import DataView, Unchecked
from provender.detect.label_conflict.evidence import Evidence, evidence_of
from provender.stats.cell_hash import is_text, mix
from provender.stats.gram_table import Counts
from provender.stats.grams import Words, hash_strings, ranges, rows_at_once, text_hashes, words_of
from provender.stats.ordering import Places
from provender.stats.packing import pack, unpack

FOLDS = 5
#: A document's weight before it is shared among identical copies (divisible by 1 to 16).
UNIT = 720_720
#: Classes and folds, or classes and a mark, are told by so many low bits of a key; a word's or a
#: phrase's hash has the others.
CELL = np.uint64((1 << 11) - 1)
#: Rows are worked on in slices of at most so many bytes times classes: that bounds memory
#: whatever the batch.
_BYTES_BY_CLASS = 1 << 24
#: Numbers that a document's words are summed into, to compare documents.
SKETCH = 256
_SMOOTHING = np.float32(0.5)
_KIND = "label-conflict-model/2"


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
        start, at_once = 0, rows_at_once(batch[self.text])
        while start < batch.num_rows:
            piece = batch.slice(start, at_once)
            size = pc.fill_null(pc.binary_length(piece[self.text]), 0).to_numpy()
            inside = np.cumsum(size) * len(classes) <= _BYTES_BY_CLASS
            piece = piece.slice(0, max(int(inside.sum()), 1))
            yield Labelled.of(piece[self.text], piece[self.label], classes)
            start += piece.num_rows


@dataclass(frozen=True)
class Model:
    """The counts of all documents.

    Attributes:
        classes: the labels as text, sorted.
        documents: int64 (classes, folds).
        words: documents that hold a word (one column), by word hash | class * FOLDS + fold, which
            take the place of the hash's bits in `CELL`.
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
            cells_of(self.words.keys), self.words.values[:, 0], minlength=self.documents.size
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
    @lru_cache(maxsize=2)
    def unpack(data: bytes) -> Model:
        """Return the model; rules that start from the same one share it."""
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

    def counts(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return which of the words, cell (class * FOLDS + fold) and documents that hold it there.

        All int64 (counts,), zeros left out.
        """
        places, starts = self._known
        place, known = places.at(hashes & ~CELL)
        first = starts[place]
        word, at = ranges(first, np.where(known, starts[place + known] - first, 0))
        return word, cells_of(self.words.keys[at]), self.words.values[at, 0]

    @cached_property
    def _known(self) -> tuple[Places, np.ndarray]:
        """The different hashes, and int64 (hashes + 1,) where in the counts each begins."""
        hashes = self.words.keys & ~CELL
        starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
        return Places.of(hashes[starts]), np.append(starts, len(hashes))

    def weights(self, hashes: np.ndarray, word: np.ndarray, fold: np.ndarray) -> np.ndarray:
        """Return float32 (n, classes): how words speak for each class in texts of a fold.

        The logarithm of observed over expected documents in the other folds, both plus a half,
        expected if the word were spread as all words are: long documents do not speak for
        their class by length alone, nor rare words for small classes.

        Args:
            hashes: uint64 (words,).
            word, fold: int64 (n,), each pair once: which of the words, and where.
        """
        of, cell, count = self.counts(hashes)
        classes = len(self.classes)
        everywhere = np.bincount(of * classes + cell // FOLDS, count, len(hashes) * classes)
        others = everywhere.astype(np.float32).reshape(len(hashes), classes).take(word, axis=0)
        place = np.full(len(hashes) * FOLDS, -1)
        place[word * FOLDS + fold] = np.arange(len(word))
        own = place[of * FOLDS + cell % FOLDS]
        met = np.flatnonzero(own >= 0)
        others.reshape(-1)[own[met] * classes + cell[met] // FOLDS] -= count[met]
        spoken = others.sum(axis=1)
        mass = (self.mass.sum(axis=1, keepdims=True) - self.mass).T
        share = mass / np.maximum(mass.sum(axis=1, keepdims=True), 1)
        expected = (spoken[:, None] * share.take(fold, axis=0)).astype(np.float32)
        others += _SMOOTHING
        expected += _SMOOTHING
        others /= expected
        np.log(others, out=others)
        others[spoken == 0] = 0
        return np.asarray(others)

    def sketched(self, hashes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return int64 (words,) which of `SKETCH` numbers each adds to, and int32 (words,) what.

        Their rarity under random signs: inner products of sums estimate those of the full vectors
        (feature hashing, Weinberger 2009).
        """
        word, _, count = self.counts(hashes)
        frequency = np.bincount(word, count, len(hashes))
        rarity = np.log(self.documents.sum() / np.maximum(frequency, 1))
        spread = mix(hashes)
        sign = np.where(spread >> np.uint64(40) & np.uint64(1), 1, -1)
        value = np.where(frequency > 1, np.rint(32 * rarity) * sign, 0).astype(np.int32)
        return (spread % np.uint64(SKETCH)).astype(np.int64), value

    def evidence(self, documents: Labelled) -> Evidence:
        """Weigh every document's words by the other folds."""
        return evidence_of(self, documents.words, documents.fold)

    def scores(self, total: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes): log p of each class but for what all have in common.

        Args:
            total: float64 (n, classes) sums of weights; words lean on one another, so they
                count as the root of their number.
            size: int64 (n,) number of words summed.
        """
        scores = total / np.sqrt(np.maximum(size, 1))[:, None]
        scores += self.prior
        return np.asarray(scores)

    def log_odds(self, total: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Return float64 (n, classes): log p / (1 - p) of each class; arguments as `scores`."""
        scores = self.scores(total, size)
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        rest = odds.sum(axis=1, keepdims=True) - odds
        return np.asarray(scores - np.log(np.maximum(rest, 1e-30)))

    def log_odds_of(
        self, total: np.ndarray, size: np.ndarray, row: np.ndarray, label: np.ndarray
    ) -> np.ndarray:
        """Return float64 (m,): the fields of `log_odds` that ``row``, ``label`` (m,) name."""
        scores = self.scores(total, size)
        scores -= scores.max(axis=1, keepdims=True)
        own = scores[row, label]
        np.exp(scores, out=scores)
        rest = scores.sum(axis=1)[row] - scores[row, label]
        return np.asarray(own - np.log(np.maximum(rest, 1e-30)))


def cells_of(keys: np.ndarray) -> np.ndarray:
    """int64: class * FOLDS + fold, from the low bits of the keys."""
    return np.asarray((keys & CELL).astype(np.int64))


def copy_keys(identity: np.ndarray, classes: Sequence[str], label: np.ndarray) -> np.ndarray:
    """Return uint64 keys, equal for equal texts with equal labels (whatever the class list)."""
    names = np.append(hash_strings(list(classes)), np.uint64(0))
    return mix(identity ^ mix(names[label]))
