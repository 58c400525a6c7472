"""How many rows of a source must go until nothing is left that it alone says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import hypergeom

from provender.detect.own_words.owners import KEPT, Owners
from provender.detect.own_words.suspects import ALONE, FEWEST, Suspects

#: Share of a gram's rows that a stronger one of the same source holds too, to be of one text.
_SAME = 0.5


def until_not_alone(
    found: Owners, grams: Sequence[int], held: Sequence[int], of_source: int, highest_p: float
) -> int:
    """Return the fewest rows, of the least probable grams first, without which none stands.

    Grams of the same rows are one text: what frees it of the one that must lose most, frees it of
    all. Of texts in other rows, all rows of the less probable ones go before one of the next.

    Args:
        grams: places among the suspects, the least probable first.
        held: rows of the source that hold each.
        of_source: rows of the source.
        highest_p: a gram stands while its p-value is at most this.
    """
    texts: list[tuple[np.ndarray, int, int]] = []
    for gram, rows in zip(grams, held, strict=True):
        kept = found.rows_of(gram)
        must_go = _until_chance(found.suspects, gram, rows, of_source, highest_p)
        for i, (others, all_rows, most) in enumerate(texts):
            if shared(kept, others) > _SAME:
                texts[i] = others, max(all_rows, rows), max(most, must_go)
                break
        else:
            texts.append((kept, rows, must_go))
    return sum(all_rows for _, all_rows, _ in texts[:-1]) + texts[-1][2]


def _until_chance(
    suspects: Suspects, gram: int, held: int, of_source: int, highest_p: float
) -> int:
    """Return how many of a gram's rows of the source must go, whichever, until it stands no more.

    What was searched is taken to stay the same.
    """
    gone = np.arange(held + 1)
    left, rows = held - gone, suspects.rows[gram] - gone
    tail = hypergeom.sf(left - 1, suspects.total - gone, of_source - gone, rows)
    p_value = tail * suspects.searched * len(suspects.sources.keys)
    calm = (p_value > highest_p) | (rows < FEWEST) | (left < ALONE * rows)
    return int(gone[calm][0])


def shared(kept: np.ndarray, others: np.ndarray) -> float:
    """Return which share of a gram's rows another holds, by the rows with the least hashes."""
    reach = others.max() if len(others) == KEPT else np.iinfo(others.dtype).max
    return float(np.isin(kept[kept <= reach], others).mean()) if (kept <= reach).any() else 0.0
