"""Between the reads of sources/own-words: which grams one, two or three sources may hold alone."""

from __future__ import annotations

from math import comb

import numpy as np
from scipy.special import bdtr, bdtrc
from scipy.stats import hypergeom

from provender.detect.own_words.counts import MOST_ROWS, MOST_SOURCES, WordState, lanes, signs
from provender.detect.own_words.prices import prices
from provender.detect.own_words.suspects import ALONE, FEWEST, Suspects
from provender.stats.gram_table import Counts
from provender.stats.grams import LONGEST_TEXT

#: How much more often than at random the two rows of a gram may be of one source.
GATHERED = 0.03
#: Grams of two rows that it takes to tell.
_FEWEST_PAIRS = 100
#: Groups that are counted exactly, for each set of signs, and for two or three sources each.
_MOST_EACH, _MOST_TOGETHER = 16, 1024


def suspects_of(state: WordState, most_phrases: int, highest_p: float) -> Suspects:
    """Leave the groups of grams that one, two or three sources may hold nearly alone.

    Grams with the same rows are one group. The signs' sums bound from above how many of a
    gram's rows can be of one source, so none is lost here whose exact count would pass. Of two
    sources, and of three, they do so where these have a sign in common; those groups are left that
    least look as if their rows were of any sources, so that one sign in common may be too few.
    """
    sources = state.sources.total()
    tables = [state.words.total(), state.phrases.total()]
    keys = np.concatenate([table.keys for table in tables])
    values = np.concatenate([table.values for table in tables])
    unseen = _unseen(state, tables[1], most_phrases)
    why = _unfit(sources, values[values[:, 0] == 2])
    if why:
        none, unseen = np.zeros(0, np.int64), [*unseen, why]
        return Suspects(none.astype(np.uint64), none, Counts.none(1), 0, "; ".join(unseen))
    often = (values[:, 0] >= FEWEST) & (values[:, 0] < MOST_ROWS)
    keys, values = keys[often], values[often]
    order = np.lexsort((keys, *values.T[::-1]))
    keys, values = keys[order], values[order]
    new = np.ones(len(keys), bool)
    new[1:] = (values[1:] != values[:-1]).any(axis=1)
    keys, values = keys[new], values[new]
    every = Suspects(keys, values[:, 0], sources, len(keys), "; ".join(unseen))
    chosen = _possible(every, lanes(values[:, 2:]), highest_p)
    by_key = chosen[np.argsort(keys[chosen], kind="stable")]
    return Suspects(keys[by_key], values[by_key, 0], sources, len(keys), every.unseen)


def gathering(sources: Counts, pairs: np.ndarray) -> float:
    """Return how much more often than at random rows that share a gram share the source.

    0 where sources are drawn at random for each row, 1 where each gram is one source's; the
    signs cannot part all sources, which is taken off.

    Args:
        sources: rows (one column) by hash of the source.
        pairs: int64 (groups, 4), values of grams that stand in two rows.
    """
    rows = sources.values[:, 0]
    alike = np.bincount(_pattern(lanes(signs(sources.keys))), rows).astype(np.float64)
    total = alike.sum()
    chance = float((alike * (alike - 1)).sum() / (total * (total - 1)))
    met = float((np.abs(lanes(pairs[:, 2:])) == 2).all(axis=1).mean())
    return (met - chance) / max(1 - chance, 1e-9)


def _unfit(sources: Counts, pairs: np.ndarray) -> str:
    """Return why the null cannot hold, or cannot be known to; '' where it may."""
    many = len(sources.keys)
    if many > MOST_SOURCES:
        return f"more than {MOST_SOURCES} sources: nothing was tested"
    if many < 2:
        return "fewer than two sources: nothing to tell apart"
    pairs = np.unique(pairs, axis=0)
    if len(pairs) < _FEWEST_PAIRS:
        return "too few words to tell whether sources differ by nature: nothing was tested"
    gathered = gathering(sources, pairs)
    if gathered > GATHERED:
        return (
            f"sources differ by nature: of the words in two rows {gathered:.0%} more than at "
            "random are of one source; nothing was tested"
        )
    return ""


def _possible(every: Suspects, signed: np.ndarray, highest_p: float) -> np.ndarray:
    """Return the places of the groups that may pass, a bounded number for each size of set."""
    sizes = np.sort(every.sources.values[:, 0])[::-1]
    paid, sums = prices(len(sizes)), np.abs(signed)
    of_sources = lanes(signs(every.sources.keys))
    pattern, mine = _pattern(signed), _pattern(of_sources)
    mean = every.sources.values[:, 0] @ of_sources / max(every.total, 1)
    found = [np.zeros(0, np.int64)]
    for one in np.unique(mine).tolist():
        groups = np.flatnonzero(pattern == one)
        largest = int(every.sources.values[mine == one, 0].max())
        may, tail = _passing(every, groups, sums.min(axis=1), largest, highest_p / paid[1])
        found.append(may[np.lexsort((every.keys[may], tail))[:_MOST_EACH]])
    for many, price in paid.items():
        if many > 1:
            largest = int(sizes[:many].sum())
            groups = np.arange(len(sums))
            may, _ = _passing(every, groups, sums.max(axis=1), largest, highest_p / price)
            scattered = _scattered(every.rows[may], signed[may], mean)
            order = np.lexsort((every.keys[may], scattered))
            found.append(may[order[:_MOST_TOGETHER]])
    return np.unique(np.concatenate(found))


def _passing(
    every: Suspects, groups: np.ndarray, sums: np.ndarray, of_set: int, highest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return those of the groups that may pass, and the least tail of each.

    Args:
        groups: int64 (n,), places.
        sums: of all groups, what bounds the rows that one set of sources holds.
        of_set: rows of the largest set.
        highest: what a tail times the groups searched may be.
    """
    rows = every.rows[groups]
    held = np.minimum((rows + sums[groups]) // 2, of_set)
    alone = (held >= ALONE * rows) & (held > 0)
    groups, both = groups[alone], rows[alone] * MOST_ROWS + held[alone]
    both, at = np.unique(both, return_inverse=True)
    tail = hypergeom.sf(both % MOST_ROWS - 1, every.total, of_set, both // MOST_ROWS)[at]
    good = tail * every.searched <= highest
    return groups[good], tail[good]


def _scattered(rows: np.ndarray, sums: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return float64 (n,): how likely sums as far off are where a gram's rows are any rows.

    The least of what the furthest sum says, the two furthest, and so on: sources that hold a gram
    together have some signs in common, by chance, and others not.

    Args:
        sums: int64 (n, lanes).
        mean: float64 (lanes,), of the signs of all rows.
    """
    plus, share, of = (rows[:, None] + sums) // 2, (1 + mean) / 2, rows[:, None]
    tails = np.minimum(bdtrc(plus - 1.0, of, share), bdtr(plus.astype(float), of, share))
    each = np.minimum(2 * np.sort(tails, axis=1), 1.0)
    many = sums.shape[1]
    return np.asarray(
        np.min([comb(many, k) * each[:, k - 1] ** k for k in range(1, many + 1)], axis=0)
    )


def _pattern(sums: np.ndarray) -> np.ndarray:
    """Return int64 (n,): the signs of the sums as bits."""
    return np.asarray((sums > 0) @ (1 << np.arange(sums.shape[1])))


def _unseen(state: WordState, phrases: Counts, most: int) -> list[str]:
    rows, nameless, cut = (int(n) for n in state.seen)
    told = []
    if nameless:
        told.append(f"{nameless} of {rows} rows name no source")
    if cut:
        told.append(f"{cut} texts were read to {LONGEST_TEXT} characters only")
    if len(phrases.keys) == most:
        told.append(f"only {float(phrases.keys[-1]) / 2.0**64:.1%} of the phrases were searched")
    return told
