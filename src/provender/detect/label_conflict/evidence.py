"""What each document of a slice says about each class, word by word."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from provender.stats.grams import Words
from provender.stats.sharing import once

if TYPE_CHECKING:
    from provender.detect.label_conflict.model import Model


@dataclass(frozen=True)
class Evidence:
    """The weights of the words of each document: a word weighs alike in all texts of a fold.

    Attributes:
        text, code: int64 (pairs,), the distinct words of each text (`Words.distinct`).
        fold: int64 (rows,), of each text.
        place: int64 (vocabulary, folds), the row of ``weight`` of a word in texts of a fold.
        at: int64 (pairs,), the row of ``weight`` of each pair.
        weight: float32 (words in folds, classes): what a word adds for each class.
        weighs: bool (words in folds,): whether it adds anything.
        size: int64 (rows,): number of distinct words that weigh anything.
    """

    text: np.ndarray
    code: np.ndarray
    fold: np.ndarray
    place: np.ndarray
    at: np.ndarray
    weight: np.ndarray
    weighs: np.ndarray
    size: np.ndarray

    @staticmethod
    def of(model: Model, words: Words, fold: np.ndarray) -> Evidence:
        """Weigh every document's words by the counts of the folds it is not in.

        Args:
            fold: int64 (rows,), of each text.
        """
        text, code = words.distinct()
        met = np.zeros((len(words.vocabulary), model.documents.shape[1]), bool)
        met[code, fold[text]] = True
        place = (np.cumsum(met) - 1).reshape(met.shape)
        weight = model.weights(words.vocabulary_hashes, *np.nonzero(met))
        at = place[code, fold[text]]
        weighs = np.asarray(weight.any(axis=1))
        size = np.bincount(text[weighs[at]], minlength=words.rows)
        return Evidence(text, code, fold, place, at, weight, weighs, size)

    @cached_property
    def total(self) -> np.ndarray:
        """float64 (rows, classes): the sum of the weights."""
        return self.sums(self.at, np.searchsorted(self.text, np.arange(len(self.fold) + 1)))

    def of_words(self, text: np.ndarray, code: np.ndarray) -> np.ndarray:
        """Return int64 (n,): the rows of ``weight`` of words of texts that hold them."""
        return np.asarray(self.place[code, self.fold[text]])

    def sums(self, at: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return float64 (runs, classes): the sum of ``weight[at]`` over each run.

        As `numpy.add.reduceat` of float64 ``weight[at]``, to the bit, without such an array.

        Args:
            at: int64 (n,), rows of ``weight``.
            starts: int64 (runs + 1,), where in ``at`` each run starts, and the last ends.
        """
        from scipy.sparse import csr_array

        at, starts = at[starts[0] : starts[-1]], starts - starts[0]
        shape = (len(starts) - 1, len(self.weight))
        return np.asarray(csr_array((np.ones(len(at)), at, starts), shape) @ self._precise)

    @cached_property
    def _precise(self) -> np.ndarray:
        return self.weight.astype(np.float64)


def evidence_of(model: Model, words: Words, fold: np.ndarray) -> Evidence:
    """Return `Evidence.of`, once for all rules that share a read.

    A text's fold is drawn from its words.
    """
    size = 12 * len(words.codes) * len(model.classes)
    key = (id(model), id(words))
    return once("evidence", key, (model, words), size, lambda: Evidence.of(model, words, fold))
