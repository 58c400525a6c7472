"""What was flagged, counted: by rule and cause, shard, class and source; counts merge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from provender.io.states import StateStore
from provender.stats.packing import pack, unpack
from provender.work.fold import Block, Folded, Part, failed
from provender.work.shard_rows import ShardRows

#: Examples that a finding shows.
EXAMPLES = 5
#: Values of a class or source that are counted apart; beyond, the rest (by name) is not counted.
#: The census stops at as many.
_MOST_VALUES = 10_000
_KIND = "tally/2"
_NONE = np.zeros(0, np.int64)
_MARKS = pa.schema([("shard", pa.int64()), ("name", pa.string())])


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
    shards: ShardRows = field(default_factory=ShardRows)
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
            ShardRows.of(shard, rows),
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


def marks_of(shard: int, name: str) -> pa.Table:
    """Return the marks of one shard, stored under ``name``, as `Tally` holds them."""
    return pa.table([[shard], [name]], schema=_MARKS)


@dataclass
class Tally:
    """What was flagged in some neighbouring shards.

    Attributes:
        causes: by (rule, cause).
        marks: table of `shard` and `name`, the store name of its flagged rows, of shards that
            have some.
        scores: (shard, rule, store name of scores), where every score was kept.
    """

    causes: dict[tuple[int, int], CauseTally] = field(default_factory=dict)
    marks: pa.Table = field(default_factory=_MARKS.empty_table)
    scores: list[tuple[int, int, str]] = field(default_factory=list)

    def merge(self, other: Tally) -> Tally:
        """Return the tally of both; ``other`` follows."""
        causes = dict(self.causes)
        for key, tally in other.causes.items():
            causes[key] = causes[key].merge(tally) if key in causes else tally
        marks = pa.concat_tables([self.marks, other.marks])
        return Tally(causes, marks, self.scores + other.scores)


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
    counted = sorted(tally.causes.items())
    shards = [found.shards for _, found in counted]
    causes = [
        {name: value for name, value in vars(found).items() if name != "shards"}
        | {"key": key, "shards": len(found.shards)}
        for key, found in counted
    ]
    arrays = {
        "places": np.concatenate([_NONE, *(found.places for found in shards)]),
        "rows": np.concatenate([_NONE, *(found.rows for found in shards)]),
        **{f"mark {name}": tally.marks[name] for name in _MARKS.names},
    }
    meta = {"causes": causes, "scores": tally.scores}
    return store.put_content("tally", pack(_KIND, meta, arrays))


def load_tally(name: str, store: StateStore) -> Tally:
    """Return what `store_tally` stored."""
    meta, arrays = unpack(_KIND, store.require(name))
    causes = {}
    start = 0
    for one in meta["causes"]:
        rule, cause = one.pop("key")
        own = slice(start, start := start + one.pop("shards"))
        shards = ShardRows(arrays["places"][own], arrays["rows"][own])
        one |= {name: Counter(one[name]) for name in ("classes", "sources")}
        causes[rule, cause] = CauseTally(shards=shards, **one)
    marks = pa.table([arrays[f"mark {name}"] for name in _MARKS.names], schema=_MARKS)
    return Tally(causes, marks, [(s, r, n) for s, r, n in meta["scores"]])


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
