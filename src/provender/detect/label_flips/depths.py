"""How far half of a class's rows lean to it, over each other class by itself.

Rows of a class under the label of another lean from that one as the class's own rows do, whatever
third class both may resemble. Over the nearest of all others half of the own rows lean less far:
a class whose content is planted under a third label would then hardly lean to itself at all, and
all that reads like it under other labels would pass for its own.
"""

from __future__ import annotations

import numpy as np

from provender.detect.label_flips.noise import REACH
from provender.stats.gram_table import Counts

#: Leads are counted in steps of 1 / STEPS: of a state of 256 classes a finer count would be most.
STEPS = 2
#: The first holds the rows that lean to the other class instead.
BINS = 1 + REACH * STEPS


def leads_of(label: np.ndarray, speaks: np.ndarray, weight: np.ndarray) -> Counts:
    """Count rows by label, other class, and how far they lean to the label over it.

    Args:
        label, weight: int64 (rows,).
        speaks: float64 (rows, classes), how content speaks for each class.
    """
    rows, classes = speaks.shape
    lead = speaks[np.arange(rows), label][:, None] - speaks
    bin = np.clip(np.floor(lead * STEPS) + 1, 0, BINS - 1).astype(np.int64)
    keys = (label[:, None] * classes + np.arange(classes)) * BINS + bin
    other = np.arange(classes) != label[:, None]
    sums = np.broadcast_to(weight[:, None], other.shape)[other]
    return Counts.of(keys[other].astype(np.uint64), sums[:, None])


def depths(leads: Counts, classes: int) -> np.ndarray:
    """Return float64 (classes, classes), by (class, other): how far half of its rows lean to it.

    Medians of grouped counts, at least 0; infinite for a class without rows.
    """
    pair, bin = np.divmod(leads.keys.astype(np.int64), BINS)
    of, starts = np.unique(pair, return_index=True)
    so_far = np.concatenate(([0], np.cumsum(leads.values[:, 0])))
    base, end = so_far[starts], so_far[np.append(starts[1:], len(pair))]
    half, some = (base + end) / 2, end > base
    at = np.searchsorted(so_far, half[some]) - 1
    within = (half[some] - so_far[at]) / (so_far[at + 1] - so_far[at])
    found = np.full(classes**2, np.inf)
    found[of[some]] = np.where(bin[at] > 0, (bin[at] - 1 + within) / STEPS, 0)
    return found.reshape(classes, classes)
