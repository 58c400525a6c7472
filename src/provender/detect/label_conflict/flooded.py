"""Labels most of whose documents were brought from elsewhere: tables without what these brought.

Of many labels poison is soon several times a label's own rows. The tables then learn that its texts
say anything, and neither they nor the poison contradict the label any more. What a flood brought is
known without another read: as many documents of other labels, at random. So much is taken from the
label's counts (as a background is from a spectrum), and what its own documents say is left.

A label that a word marks by nature is no flood: words of other topics are missing from it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from provender.detect.label_conflict.model import CELL, FOLDS, Model, cells_of
from provender.stats.gram_table import Counts

#: A flood has a word that so many documents of the label hold, so many times rarer elsewhere.
_MOST, _RARER = 0.6, 20
#: Words are looked at that it should have brought in so many documents, if there are so many.
_EXPECTED, _FEWEST = 5, 100
#: Of these documents at most such a share is missing, beyond two standard errors of each word's.
#: Planted: .0018 at most, of 5 to 20 % of the rows of sets of 8 to 151 labels. By nature: .017 and
#: more where two of three documents hold the word. Of newsgroups, and of one small medical label,
#: .6 do, and less is missing: these pass for floods, which raised no alarm.
_MISSING = 0.005


def drained(model: Model) -> Model:
    """Return the model without what was brought into flooded labels; most are returned as is."""
    keys, count = model.words.keys, model.words.values[:, 0]
    if not len(keys):
        return model
    hashes = keys & ~CELL
    word = np.cumsum(np.diff(hashes, prepend=hashes[:1]) != 0)
    label, fold = np.divmod(cells_of(keys), FOLDS)
    everywhere = np.zeros((word[-1] + 1, FOLDS))
    np.add.at(everywhere, (word, fold), count)
    marks = _marks(model, word, label, count, everywhere)
    documents, left = model.documents.copy(), count.copy()
    for of, mark in marks.items():
        at = np.flatnonzero(label == of)
        mine = np.zeros_like(everywhere)
        mine[word[at], fold[at]] = count[at]
        others = np.maximum((model.documents.sum(axis=0) - model.documents[of]), 1)
        brought = mine[mark] * (everywhere - mine) / others
        if _was_brought(mine.sum(axis=1), brought.sum(axis=1)):
            own = np.rint(count[at] - brought[word[at], fold[at]])
            left[at] = np.maximum(own, 0).astype(left.dtype)
            documents[of] = np.maximum(documents[of] - mine[mark].astype(np.int64), 1)
    if (documents == model.documents).all():
        return model
    some = left > 0
    return replace(model, documents=documents, words=Counts(keys[some], left[some, None]))


def _marks(
    model: Model, word: np.ndarray, label: np.ndarray, count: np.ndarray, everywhere: np.ndarray
) -> dict[int, int]:
    """Return, of each label that a word marks, the word that most of its documents hold.

    Args:
        word, label, count: int64 (counts,), ascending by word, then label.
        everywhere: float64 (words, folds), documents that hold a word.
    """
    starts = np.flatnonzero(np.diff(word * len(model.classes) + label, prepend=-1))
    held, word, label = np.add.reduceat(count, starts), word[starts], label[starts]
    documents = model.documents.sum(axis=1)
    share = held / np.maximum(documents[label], 1)
    rest = everywhere.sum(axis=1)[word] - held
    elsewhere = rest / np.maximum(documents.sum() - documents[label], 1)
    marked = np.flatnonzero((share >= _MOST) & (_RARER * elsewhere <= share))
    fullest = marked[np.argsort(held[marked], kind="stable")]
    return dict(zip(label[fullest].tolist(), word[fullest].tolist(), strict=True))


def _was_brought(held: np.ndarray, expected: np.ndarray) -> bool:
    """Return whether a label holds what a flood would have brought.

    Args:
        held, expected: float64 (words,), documents of the label.
    """
    looked = expected >= _EXPECTED
    held, expected = held[looked], expected[looked]
    missing = np.maximum(expected - 2 * np.sqrt(expected) - held, 0).sum()
    return bool(len(expected) >= _FEWEST and missing <= _MISSING * expected.sum())
