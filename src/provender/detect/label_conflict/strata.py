"""Strata of documents: what the content says about a class, among documents of like length.

Long documents are surer of themselves than they are right, so a word of long documents would
carry its class against the odds if they were held against short ones.
"""

from __future__ import annotations

import numpy as np

#: Boundaries of the log odds of a class.
EDGES = np.array([-8.0, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6])
LEVELS = len(EDGES) + 1
#: Boundaries of the number of words, in those of the mean document.
_LENGTHS = np.array([0.5, 1.5])
LENGTHS = len(_LENGTHS) + 1
#: Strata are numbered by length, then level.
STRATA = LENGTHS * LEVELS


def stratum_of(odds: np.ndarray, size: np.ndarray, usual: float) -> np.ndarray:
    """Return int64, shaped as ``odds``: the stratum of each document.

    Args:
        odds: float64 (documents,) or (documents, classes), log odds.
        size: int64 (documents,), words that were weighed.
        usual: words in the mean document.
    """
    length = np.searchsorted(_LENGTHS, size / max(usual, 1.0))
    length = length.reshape(length.shape + (1,) * (odds.ndim - 1))
    return np.asarray(length * LEVELS + np.searchsorted(EDGES, odds))


def by_length(strata: np.ndarray) -> np.ndarray:
    """Return a view (…, lengths, levels) of an array (…, strata)."""
    return strata.reshape(*strata.shape[:-1], LENGTHS, LEVELS)
