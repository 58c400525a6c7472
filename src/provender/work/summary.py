"""What is known of all scores of a rule: counts that merge, never the scores themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.calibrate.fdr import GRID, PValueCounts
from provender.core.canonical import compact_json
from provender.io.states import StateStore

#: Edges of the histogram of -log10 p: 0 … 20 by halves, and a last bin for all beyond 20.
SURPRISE_EDGES = np.arange(0, 21, 0.5)
#: Rows with at most this p-value are counted by source and annotator, flagged or not.
LOW = 0.01
#: Sources, and annotators, that are counted apart; the census stops at as many.
_NAMES = 10_000
_BINS = len(SURPRISE_EDGES) - 1
#: Histograms are kept for at most this many classes (by name); the rest share one.
_CLASSES = 64
_OTHERS = "(other classes)"
_STORED = "summary"


@dataclass(frozen=True)
class ScoreSummary:
    """Counts over all scored rows of a rule.

    Attributes:
        p_values: how many fell in each grid cell.
        histograms: class → int64 (bins,) counts of -log10 p; '' without a label; at most 64
            classes and one for the rest.
        low: 'source' or 'annotator' → name → rows with a p-value of at most `LOW`, of the first
            10,000 names of each.
    """

    p_values: PValueCounts
    histograms: dict[str, np.ndarray]
    low: dict[str, Counter[str]] = field(default_factory=dict)

    @staticmethod
    def empty() -> ScoreSummary:
        """Return the counts of no rows."""
        return ScoreSummary(PValueCounts(np.zeros(len(GRID), np.int64)), {})

    def merge(self, other: ScoreSummary) -> ScoreSummary:
        """Return the counts of both."""
        both = dict(self.histograms)
        for name, counts in other.histograms.items():
            both[name] = both[name] + counts if name in both else counts
        low = dict(self.low)
        for role, counted in other.low.items():
            low[role] = _first(low.get(role, Counter()) + counted)
        return ScoreSummary(self.p_values.merge(other.p_values), _bounded(both), low)

    def to_json(self) -> dict[str, Any]:
        """Return sparse counts as JSON values."""
        cells = np.flatnonzero(self.p_values.counts)
        return {
            "cells": cells.tolist(),
            "counts": self.p_values.counts[cells].tolist(),
            "unscored": self.p_values.unscored,
            "low": {role: dict(sorted(low.items())) for role, low in sorted(self.low.items())},
            "histograms": {n: c.tolist() for n, c in sorted(self.histograms.items())},
        }

    @staticmethod
    def from_json(value: dict[str, Any]) -> ScoreSummary:
        """Return what `to_json` wrote."""
        counts = np.zeros(len(GRID), np.int64)
        counts[value["cells"]] = value["counts"]
        histograms = {n: np.array(c, np.int64) for n, c in value["histograms"].items()}
        low = {role: Counter(counted) for role, counted in value["low"].items()}
        return ScoreSummary(PValueCounts(counts, value["unscored"]), histograms, low)


def store_summary(summary: ScoreSummary, store: StateStore) -> str:
    """Store a summary and return its name."""
    return store.put_content(_STORED, compact_json(summary.to_json()))


def load_summary(name: str, store: StateStore) -> ScoreSummary:
    """Return what `store_summary` stored."""
    return ScoreSummary.from_json(json.loads(store.require(name)))


def _bounded(histograms: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Keep the first classes by name and add the others up.

    A class that is kept in the end has fewer than that many before it in every part, so it was
    never added to the others on the way: the outcome does not depend on the order of merging.
    """
    names = sorted(n for n in histograms if n != _OTHERS)
    if len(names) <= _CLASSES:
        return histograms
    rest = [histograms[n] for n in names[_CLASSES:]]
    rest += [histograms[_OTHERS]] if _OTHERS in histograms else []
    kept = {n: histograms[n] for n in names[:_CLASSES]}
    return {**kept, _OTHERS: np.asarray(np.sum(rest, axis=0))}


def _first(low: Counter[str]) -> Counter[str]:
    """Keep the first by name: the same ones in whatever order counts are merged."""
    if len(low) <= _NAMES:
        return low
    return Counter({name: low[name] for name in sorted(low)[:_NAMES]})


def summarise(
    p_values: np.ndarray,
    classes: pa.Array | None,
    contributors: Mapping[str, pa.Array] = MappingProxyType({}),
) -> ScoreSummary:
    """Count p-values overall and by class, and the low ones by source and annotator.

    Args:
        p_values: float64 (rows,), NaN unscored.
        contributors: the rows' names by role.
    """
    low = {}
    for role, column in contributors.items():
        counted = pc.value_counts(column.filter(pa.array(p_values <= LOW)).drop_null())
        names, rows = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
        low[role] = _first(Counter(dict(zip(names, rows, strict=True))))
    known = ~np.isnan(p_values)
    surprise = -np.log10(np.clip(p_values[known], 1e-300, 1.0))
    bins = np.clip(np.searchsorted(SURPRISE_EDGES, surprise, "right") - 1, 0, _BINS - 1)
    width = _BINS
    if classes is None:
        histograms = {"": np.bincount(bins, minlength=width).astype(np.int64)}
    else:
        coded = pc.dictionary_encode(pc.fill_null(classes, "(no label)"))
        codes = np.asarray(coded.indices)[known]
        names = coded.dictionary.to_pylist()
        table = np.bincount(codes * width + bins, minlength=width * len(names))
        histograms = {n: table.reshape(-1, width)[i].astype(np.int64) for i, n in enumerate(names)}
    return ScoreSummary(PValueCounts.of(p_values), _bounded(histograms), low)
