"""What was flagged, counted: by rule and cause, shard, class and source; counts merge."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from provender.core.canonical import compact_json
from provender.io.states import StateStore
from provender.work.fold import Block, Folded, Part, failed

#: Examples that a finding shows.
EXAMPLES = 5
#: Values of a class or source that are counted apart; beyond, the rest (by name) is not counted.
#: The census stops at as many.
_MOST_VALUES = 10_000
_COUNTED = ("shards", "classes", "sources")


@dataclass
class CauseTally:
    """Flagged rows that share rule and cause.

    Attributes:
        rows: how many.
        score: the largest finite score; None where none is.
        p_value: the smallest.
        shards: rows by the shard's place.
        classes, sources: rows by class and by source, where the row has one.
        examples: the most abnormal rows.
    """

    rows: int
    score: float | None
    p_value: float
    shards: Counter[int] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)

    @staticmethod
    def of(
        shard: int, rows: int, score: float, p_value: float, label: str | None, source: str | None
    ) -> CauseTally:
        """Return the count of some rows of one shard, class and source."""
        return CauseTally(
            rows,
            finite(score),
            p_value,
            Counter({shard: rows}),
            Counter({label: rows} if label is not None else {}),
            Counter({source: rows} if source is not None else {}),
        )

    def merge(self, other: CauseTally) -> CauseTally:
        """Return the count of both."""
        scores = [s for s in (self.score, other.score) if s is not None]
        examples = sorted(self.examples + other.examples, key=_unlikely)
        return CauseTally(
            self.rows + other.rows,
            max(scores) if scores else None,
            min(self.p_value, other.p_value),
            self.shards + other.shards,
            _bounded(self.classes + other.classes),
            _bounded(self.sources + other.sources),
            examples[:EXAMPLES],
        )


@dataclass
class Tally:
    """What was flagged in some neighbouring shards.

    Attributes:
        causes: by (rule, cause).
        marks: (shard, store name of its flagged rows), of shards that have some.
        scores: (shard, rule, store name of scores), where every score was kept.
    """

    causes: dict[tuple[int, int], CauseTally] = field(default_factory=dict)
    marks: list[tuple[int, str]] = field(default_factory=list)
    scores: list[tuple[int, int, str]] = field(default_factory=list)

    def merge(self, other: Tally) -> Tally:
        """Return the tally of both; ``other`` follows."""
        causes = dict(self.causes)
        for key, tally in other.causes.items():
            causes[key] = causes[key].merge(tally) if key in causes else tally
        return Tally(causes, self.marks + other.marks, self.scores + other.scores)


def fold_tallies(block: Block, store: StateStore) -> Folded:
    """Fold the tallies of neighbouring shards."""
    group, number, parts = block
    part = failed(parts)
    if part is None:
        total = Tally()
        for one in parts:
            total = total.merge(load_tally(one.name, store))
        part = Part(store_tally(total, store))
    return ((group, number, part),)


def store_tally(tally: Tally, store: StateStore) -> str:
    """Store a tally and return its name."""
    causes = [
        {
            **vars(t),
            "key": key,
            **{name: _columns(getattr(t, name)) for name in _COUNTED},
        }
        for key, t in sorted(tally.causes.items())
    ]
    marks = [list(column) for column in zip(*tally.marks, strict=True)] or [[], []]
    value = {"causes": causes, "marks": marks, "scores": tally.scores}
    return store.put_content("tally", compact_json(value))


def load_tally(name: str, store: StateStore) -> Tally:
    """Return what `store_tally` stored."""
    value = json.loads(store.require(name))
    causes = {}
    for one in value["causes"]:
        rule, cause = one.pop("key")
        counts: dict[str, Any] = {name: _counter(*one.pop(name)) for name in _COUNTED}
        causes[rule, cause] = CauseTally(**one, **counts)
    marks = list(zip(*value["marks"], strict=True))
    return Tally(causes, marks, [(s, r, n) for s, r, n in value["scores"]])


def _columns(counts: Counter[Any]) -> list[list[Any]]:
    """Return values and counts apart: a list of pairs takes three times the memory to read."""
    values = sorted(counts)
    return [values, [counts[value] for value in values]]


def _counter(values: list[Any], counts: list[int]) -> Counter[Any]:
    counter: Counter[Any] = Counter()
    dict.update(counter, zip(values, counts, strict=True))
    return counter


def finite(value: float | None) -> float | None:
    """Return a score as JSON can hold it."""
    return value if value is not None and np.isfinite(value) else None


def _unlikely(example: dict[str, Any]) -> tuple[float, str, int]:
    return example["p_value"], example["shard"], example["row"]


def _bounded(counts: Counter[str]) -> Counter[str]:
    """Keep the first values by name: the same ones in whatever order counts are merged."""
    if len(counts) <= _MOST_VALUES:
        return counts
    return Counter({name: counts[name] for name in sorted(counts)[:_MOST_VALUES]})
