"""How many rows of a source must go until nothing is left that it alone says."""

from __future__ import annotations

import numpy as np

from provender.detect.own_words.owners import KEPT, Owners
from provender.detect.own_words.suspects import FEWEST, Suspects
from provender.detect.own_words.together import Holders

#: Share of a gram's rows that a stronger one of the same source holds too, to be of one text.
_SAME = 0.5


def until_not_alone(found: Owners, holds: Holders, highest_p: float) -> int:
    """Return the fewest rows, of the least probable grams first, without which none stands.

    Grams of the same rows are one text: what frees it of the one that must lose most, frees it of
    all. Of texts in other rows, all rows of the less probable ones go before one of the next.

    Args:
        holds: what the source holds, the least probable first.
        highest_p: a gram stands while its p-value is at most this.
    """
    texts: list[tuple[np.ndarray, int, int]] = []
    for line, (gram, rows) in enumerate(zip(holds.gram.tolist(), holds.rows.tolist(), strict=True)):
        kept = found.rows_of(gram)
        must_go = _until_chance(found.suspects, holds, line, highest_p)
        for i, (others, all_rows, most) in enumerate(texts):
            if _shared(kept, others) > _SAME:
                texts[i] = others, max(all_rows, rows), max(most, must_go)
                break
        else:
            texts.append((kept, rows, must_go))
    return sum(all_rows for _, all_rows, _ in texts[:-1]) + texts[-1][2]


def _until_chance(suspects: Suspects, holds: Holders, line: int, highest_p: float) -> int:
    """Return how many rows of the source must go, whichever, until a gram is not its own any more.

    Neither alone nor with those that it stands for now, because they are no surprise, or less of
    one than the others without it. What was searched is taken to stay the same.
    """
    gone = np.arange(holds.rows[line] + 1)
    mine = holds.at(np.full(len(gone), line))
    together, rest = mine.p_values(suspects, gone), mine.rest(gone).p_values(suspects, gone)
    calm = (together > highest_p) | ((mine.size > 1) & (rest <= together))
    calm &= mine.alone().p_values(suspects, gone) > highest_p
    calm |= suspects.rows[mine.gram] - gone < FEWEST
    return int(gone[calm][0])


def _shared(kept: np.ndarray, others: np.ndarray) -> float:
    """Return which share of a gram's rows another holds, by the rows with the least hashes."""
    reach = others.max() if len(others) == KEPT else np.iinfo(others.dtype).max
    return float(np.isin(kept[kept <= reach], others).mean()) if (kept <= reach).any() else 0.0
