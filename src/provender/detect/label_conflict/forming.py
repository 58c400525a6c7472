"""Which groups of grams are worth a test, from the counts of grams in doubtful documents."""

from __future__ import annotations

import numpy as np

from provender.detect.label_conflict.groups import SAMPLE, SAMPLED, Groups
from provender.detect.label_conflict.model import CELL, UNIT, Model
from provender.stats.gram_table import Counts

#: Fewer documents than this are never a trigger.
FEWEST = 5
#: Standard deviations above its expected count from which a common gram is tested.
_ENRICHED = 2.5


def groups_of(
    model: Model, strata: np.ndarray, doubtful: np.ndarray, tables: list[Counts]
) -> Groups:
    """Form the groups worth a test from the counts of suspect grams (one table per length).

    A common gram is worth one if it is more common in the doubtful documents of a class than in
    the documents of other classes; ``doubtful`` (int64, classes) is their number in UNITs.
    """
    of_class = strata[:, 1].sum(axis=1) / UNIT
    parts = []
    for n, table in enumerate(tables, 1):
        cell, whole = table.keys & CELL, table.keys & ~CELL
        count = (table.values[:, 0] + UNIT // 100) // UNIT
        chosen = (cell < SAMPLED) & (count >= FEWEST)
        sampled = Counts.of(whole[cell >= SAMPLED], table.values[cell >= SAMPLED])
        hashes, cell, count = whole[chosen], cell[chosen], count[chosen]
        seen = sampled.at(hashes) - table.at(hashes | SAMPLED | cell)
        elsewhere = seen[:, 0] * (SAMPLE / UNIT)
        label = cell.astype(np.int64)
        rate = np.minimum(elsewhere / np.maximum(of_class.sum() - of_class[label], 1), 1)
        expected = rate * doubtful[label] / UNIT
        usual = count < expected + _ENRICHED * np.sqrt(expected * (1 - rate))
        common = (elsewhere >= 3 * SAMPLE) & (count < 0.1 * elsewhere) & usual
        parts.append((hashes | np.uint64(n), cell, table.values[chosen, 1], common))
    key, cell, signature, common = map(np.concatenate, zip(*parts, strict=True))
    order = np.lexsort((key, signature, cell))
    key, cell, signature, common = key[order], cell[order], signature[order], common[order]
    new = np.ones(len(key), bool)
    new[1:] = (cell[1:] != cell[:-1]) | (signature[1:] != signature[:-1])
    member_of = np.cumsum(new) - 1
    by_key = np.argsort(key, kind="stable")
    label = cell[new].astype(np.int64)
    every = Groups(model, strata, label, key[by_key], member_of[by_key], len(label))
    return every.only(np.flatnonzero(np.bincount(member_of[~common], minlength=len(label))))
