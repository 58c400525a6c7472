"""The grams that may be one source's alone: what round 0 leaves for an exact count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from provender.detect.own_words.counts import MOST_ROWS, MOST_SOURCES, WordState, lanes, signs
from provender.stats.gram_table import Counts
from provender.stats.grams import LONGEST_TEXT
from provender.stats.packing import pack, unpack

#: Rows that a gram must stand in.
FEWEST = 5
#: Share of them that must be of one source.
ALONE = 0.7
#: How much more often than at random the two rows of a gram may be of one source.
GATHERED = 0.03
#: Grams of two rows that it takes to tell.
_FEWEST_PAIRS = 100
#: Groups that are counted exactly, for each set of signs.
_MOST_EACH = 16
_KIND = "source-words-suspects/1"


@dataclass(frozen=True)
class Suspects:
    """Attributes:
    keys: uint64 (suspects,) ascending, each the key of one gram that stands for its group.
    rows: int64 (suspects,), rows that hold it.
    sources: rows (one column) by hash of the source.
    searched: groups of grams that the p-values pay for.
    unseen: what of the data is not looked at and why; '' when nothing is left out.
    """

    keys: np.ndarray
    rows: np.ndarray
    sources: Counts
    searched: int
    unseen: str

    @property
    def total(self) -> int:
        """Number of rows that name a source."""
        return int(self.sources.values.sum())

    def p_values(self, held: np.ndarray, of_source: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return float64 (n,): family-wise over groups and sources, at most 1.

        Null: the rows with a gram are a random draw from all rows.

        Args:
            held: int64 (n,), rows with the gram that are of the source.
            of_source: int64 (n,), rows of the source.
            rows: int64 (n,), rows with the gram.
        """
        tail = hypergeom.sf(held - 1, self.total, of_source, rows)
        return np.asarray(np.minimum(tail * self.searched * len(self.sources.keys), 1.0))

    def pack(self) -> bytes:
        arrays = {
            "keys": self.keys,
            "rows": self.rows,
            "source_keys": self.sources.keys,
            "source_rows": self.sources.values,
        }
        return pack(_KIND, {"searched": self.searched, "unseen": self.unseen}, arrays)

    @staticmethod
    def unpack(data: bytes) -> Suspects:
        meta, arrays = unpack(_KIND, data)
        sources = Counts(arrays["source_keys"], arrays["source_rows"])
        return Suspects(arrays["keys"], arrays["rows"], sources, meta["searched"], meta["unseen"])


def suspects_of(state: WordState, most_phrases: int, highest_p: float) -> Suspects:
    """Leave the groups of grams that one source may hold nearly alone, beyond chance.

    Grams with the same rows are one group. The signs' sums bound from above how many of a
    gram's rows can be of one source, so none is lost here whose exact count would pass.
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
    order = np.lexsort((keys, values[:, 2], values[:, 1], values[:, 0]))
    keys, values = keys[order], values[order]
    new = np.ones(len(keys), bool)
    new[1:] = (values[1:] != values[:-1]).any(axis=1)
    keys, values = keys[new], values[new]
    every = Suspects(keys, values[:, 0], sources, len(keys), "; ".join(unseen))
    chosen = _possible(every, lanes(values[:, 2]), highest_p)
    by_key = chosen[np.argsort(keys[chosen], kind="stable")]
    return Suspects(keys[by_key], values[by_key, 0], sources, len(keys), every.unseen)


def gathering(sources: Counts, pairs: np.ndarray) -> float:
    """Return how much more often than at random rows that share a gram share the source.

    0 where sources are drawn at random for each row, 1 where each gram is one source's; the
    signs cannot part all sources, which is taken off.

    Args:
        sources: rows (one column) by hash of the source.
        pairs: int64 (groups, 3), values of grams that stand in two rows.
    """
    rows = sources.values[:, 0]
    alike = np.bincount(_pattern(lanes(signs(sources.keys))), rows).astype(np.float64)
    total = alike.sum()
    chance = float((alike * (alike - 1)).sum() / (total * (total - 1)))
    met = float((np.abs(lanes(pairs[:, 2])) == 2).all(axis=1).mean())
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


def _possible(every: Suspects, sums: np.ndarray, highest_p: float) -> np.ndarray:
    """Return the places of the groups that may pass, at most so many for each set of signs."""
    rows = every.rows
    most = (rows + np.abs(sums).min(axis=1)) // 2
    pattern = _pattern(sums)
    largest = np.zeros(1 << sums.shape[1], np.int64)
    mine = _pattern(lanes(signs(every.sources.keys)))
    np.maximum.at(largest, mine, every.sources.values[:, 0])
    held = np.minimum(most, largest[pattern])
    alone = np.flatnonzero((held >= ALONE * rows) & (held > 0))
    p_value = every.p_values(held[alone], largest[pattern[alone]], rows[alone])
    alone, p_value = alone[p_value <= highest_p], p_value[p_value <= highest_p]
    order = np.lexsort((every.keys[alone], p_value, pattern[alone]))
    alone = alone[order]
    rank = np.arange(len(alone)) - np.searchsorted(pattern[alone], pattern[alone])
    return np.asarray(alone[rank < _MOST_EACH])


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
