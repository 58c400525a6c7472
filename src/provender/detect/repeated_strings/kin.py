"""Have the texts that hold a string more in common than texts drawn at random?"""

from __future__ import annotations

import numpy as np

from provender.detect.repeated_strings.rest import UNIT
from provender.stats import secret

#: Draws of texts at random; the same data (and secret key) give the same answer.
DRAWS, _SEED = 499, 20261126
#: Texts that must be kept to draw from.
FEWEST_KEPT = 200
#: Sizes of draws; a string of more texts is held against the next smaller one, whose likenesses
#: spread wider: some kin then pass as strangers, and never the other way.
_SIZES = np.array([*range(2, 17), 20, 24, 32, 48, 64, 96, 128])


def likeness(sums: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Return float64 (n,), the mean cosine of all pairs of texts (0 for one text).

    Args:
        sums: int64 (n, width), the sum of what the texts say, each of length `UNIT`.
        texts: int64 (n,), how many there are.
    """
    square = (sums.astype(np.float64) ** 2).sum(axis=1) / UNIT**2
    return np.asarray((square - texts) / np.maximum(texts * (texts - 1.0), 1.0))


def unrelated(sums: np.ndarray, texts: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return float64 (n,): Monte Carlo p-value of as much likeness among texts drawn at random.

    Null: the texts of a string are a random draw from all texts; then their p-value is uniform
    (Barnard 1963). It is small where they are of one kind, author or thread.

    Args:
        sums, texts: as in `likeness`, of the texts of each string without the string.
        kept: int64 (m, width), what some texts of all say.
    """
    p_value, found = np.ones(len(sums)), likeness(sums, texts)
    sizes = _SIZES[: np.searchsorted(_SIZES, max(len(kept) // 4, 2), side="right")]
    size = sizes[np.maximum(np.searchsorted(sizes, texts, side="right") - 1, 0)]
    random = np.random.default_rng(secret.seed(_SEED)).random((DRAWS, len(kept)))
    place = random.argsort(axis=1).argsort(axis=1)
    for one in np.unique(size):
        mine = np.flatnonzero(size == one)
        # Whole numbers below 2**53: exact, in whatever order they are added.
        drawn = (place < one).astype(np.float64) @ kept.astype(np.float64)
        null = np.sort(likeness(drawn, np.full(DRAWS, one)))
        above = DRAWS - np.searchsorted(null, found[mine], side="left")
        p_value[mine] = (1 + above) / (1 + DRAWS)
    return p_value
