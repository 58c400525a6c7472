"""One source, or two or three together, that hold most of a gram's rows: how surprising that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.stats import hypergeom

from provender.detect.own_words.prices import prices
from provender.detect.own_words.suspects import ALONE, Suspects


@dataclass(frozen=True)
class Holders:
    """Sources and grams that they hold, a line for each pair.

    Attributes:
        gram: int64 (n,), place among the suspects.
        rows: int64 (n,), rows of the source that hold it.
        of_source: int64 (n,), rows of the source.
        beside_rows, beside_of: int64 (n,), the same of those that hold it together with the source.
        size: int64 (n,), how many they are with the source.
        stood: int64 (n,), how many grams stand for as many sources, of each of which a source is
            asked whether it takes part.
    """

    gram: np.ndarray
    rows: np.ndarray
    of_source: np.ndarray
    beside_rows: np.ndarray
    beside_of: np.ndarray
    size: np.ndarray
    stood: np.ndarray

    def at(self, lines: np.ndarray) -> Holders:
        """Return some of the lines."""
        return Holders(**{name: values[lines] for name, values in vars(self).items()})

    @staticmethod
    def joined(parts: Sequence[Holders]) -> Holders:
        """Return the lines of all parts."""
        names = (field.name for field in fields(Holders))
        return Holders(**{n: np.concatenate([getattr(one, n) for one in parts]) for n in names})

    def alone(self) -> Holders:
        """Return each source as if it held the gram by itself."""
        none = np.zeros(len(self.gram), np.int64)
        return Holders(self.gram, self.rows, self.of_source, none, none, none + 1, none)

    def rest(self, gone: np.ndarray) -> Holders:
        """Return the others of each set as one, of which none of the rows ``gone`` was."""
        none, size = np.zeros(len(self.gram), np.int64), np.maximum(self.size - 1, 1)
        rows, of_source = self.beside_rows + gone, self.beside_of + gone
        return Holders(self.gram, rows, of_source, none, none, size, none)

    def p_values(self, suspects: Suspects, gone: np.ndarray | int = 0) -> np.ndarray:
        """Return float64 (n,): the p-value of the set and of the source's part, the larger one.

        Null of the set: the gram's rows are a random draw from all rows; over all groups and sets.
        Of the part: what others than the rest of the set hold is a random draw from their rows;
        over all sources and the grams that stand, so that nobody is accused for what others plant.

        Args:
            gone: rows of the source with the gram that are taken out.
        """
        rows, of_source = self.rows - gone, self.of_source - gone
        total, hold = suspects.total - gone, suspects.rows[self.gram] - gone
        price = prices(len(suspects.sources.keys))
        searched = suspects.searched * np.array([price[n] for n in self.size.tolist()])
        union = hypergeom.sf(rows + self.beside_rows - 1, total, of_source + self.beside_of, hold)
        part = hypergeom.sf(rows - 1, total - self.beside_of, of_source, hold - self.beside_rows)
        part *= len(suspects.sources.keys) * self.stood * (self.size > 1)
        most = np.maximum(union * searched, part)
        mostly = rows + self.beside_rows >= ALONE * hold
        return np.asarray(np.where(mostly, np.minimum(most, 1.0), 1.0))


def standing(
    suspects: Suspects, gram: np.ndarray, rows: np.ndarray, of_source: np.ndarray, highest_p: float
) -> tuple[np.ndarray, Holders, np.ndarray]:
    """Return (lines that stand, they as holders, their p-values), the least probable first.

    Of each gram the most surprising sources are tried, one, two and three of them. Of what stands
    the least probable counts; all sources of a set have the p-value of the least surprising.

    Args:
        gram, rows, of_source: as in `Holders`, one line for each gram and source, by gram.
    """
    expected = suspects.rows[gram] * of_source / max(suspects.total, 1)
    excess = (rows - expected) / np.sqrt(np.maximum(expected, 1e-300))
    order = np.lexsort((-excess, gram))
    rank = np.empty(len(gram), np.int64)
    rank[order] = np.arange(len(gram)) - np.searchsorted(gram[order], gram[order])
    best, chosen = np.ones(len(suspects.keys)), np.zeros(len(suspects.keys), np.int64)
    parts = []
    for size in prices(len(suspects.sources.keys)):
        lines = np.flatnonzero(rank < size)
        lines = lines[np.bincount(gram[lines], minlength=len(best))[gram[lines]] == size]
        tried = _together(gram[lines], rows[lines], of_source[lines], size)
        passed = np.unique(tried.gram[tried.p_values(suspects) <= highest_p])
        tried = replace(tried, stood=np.full(len(lines), len(passed)))
        least = np.zeros(len(best))
        np.maximum.at(least, tried.gram, tried.p_values(suspects))
        better = np.isin(np.arange(len(best)), passed) & (least <= highest_p) & (least < best)
        best[better], chosen[better] = least[better], size
        parts.append((lines, tried))
    lines = np.concatenate([one for one, _ in parts])
    every = Holders.joined([tried for _, tried in parts])
    kept = np.flatnonzero(chosen[every.gram] == every.size)
    kept = kept[np.lexsort((lines[kept], every.gram[kept], best[every.gram[kept]]))]
    return lines[kept], every.at(kept), best[every.gram[kept]]


def _together(gram: np.ndarray, rows: np.ndarray, of_source: np.ndarray, size: int) -> Holders:
    """Return those of each gram as holders together."""

    def beside(values: np.ndarray) -> np.ndarray:
        whole = np.bincount(gram, values, int(gram.max(initial=-1)) + 1).astype(np.int64)
        return np.asarray(whole[gram] - values)

    none = np.zeros(len(gram), np.int64)
    return Holders(gram, rows, of_source, beside(rows), beside(of_source), none + size, none)
