"""What was flagged, counted: by rule and cause, shard, class, source, annotator; counts merge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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
#: Values of a class, source or annotator that are counted apart; beyond, the rest (by name) is
#: not counted. The census stops at as many.
_MOST_VALUES = 10_000
_KIND = "tally/3"
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
        classes: rows by class, where the row has one.
        contributors: 'source' or 'annotator' → rows by name, where the row has one.
        examples: the most abnormal rows.
    """

    rows: int
    score: float | None
    p_value: float
    shards: ShardRows = field(default_factory=ShardRows)
    classes: Counter[str] = field(default_factory=Counter)
    contributors: dict[str, Counter[str]] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)

    @staticmethod
    def of(
        shard: int,
        rows: int,
        score: float,
        p_value: float,
        label: str | None,
        contributors: Mapping[str, str | None],
    ) -> CauseTally:
        """Return the count of some rows of one shard, class, source and annotator."""
        return CauseTally(
            rows,
            finite(score),
            p_value,
            ShardRows.of(shard, rows),
            Counter({label: rows} if label is not None else {}),
            {role: Counter({n: rows}) for role, n in contributors.items() if n is not None},
        )

    def merge(self, other: CauseTally) -> CauseTally:
        """Return the count of both."""
        scores = [s for s in (self.score, other.score) if s is not None]
        examples = sorted(self.examples + other.examples, key=_unlikely)
        contributors = dict(self.contributors)
        for role, counted in other.contributors.items():
            contributors[role] = _bounded(contributors.get(role, Counter()) + counted)
        return CauseTally(
            self.rows + other.rows,
            max(scores) if scores else None,
            min(self.p_value, other.p_value),
            self.shards + other.shards,
            _bounded(self.classes + other.classes),
            contributors,
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
        low: by rule, rows by shard with a p-value of at most `LOW`, flagged or not.
    """

    causes: dict[tuple[int, int], CauseTally] = field(default_factory=dict)
    marks: pa.Table = field(default_factory=_MARKS.empty_table)
    scores: list[tuple[int, int, str]] = field(default_factory=list)
    low: dict[int, ShardRows] = field(default_factory=dict)

    def merge(self, other: Tally) -> Tally:
        """Return the tally of both; ``other`` follows."""
        causes = dict(self.causes)
        for key, tally in other.causes.items():
            causes[key] = causes[key].merge(tally) if key in causes else tally
        marks = pa.concat_tables([self.marks, other.marks])
        low = dict(self.low)
        for rule, rows in other.low.items():
            low[rule] = low.get(rule, ShardRows()) + rows
        return Tally(causes, marks, self.scores + other.scores, low)


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
    low = sorted(tally.low.items())
    shards = [*(found.shards for _, found in counted), *(rows for _, rows in low)]
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
    lengths = [(rule, len(rows)) for rule, rows in low]
    meta = {"causes": causes, "scores": tally.scores, "low": lengths}
    return store.put_content("tally", pack(_KIND, meta, arrays))


def load_tally(name: str, store: StateStore) -> Tally:
    """Return what `store_tally` stored."""
    meta, arrays = unpack(_KIND, store.require(name))
    causes = {}
    start = 0

    def shard_rows(length: int) -> ShardRows:
        nonlocal start
        own = slice(start, start := start + length)
        return ShardRows(arrays["places"][own], arrays["rows"][own])

    for one in meta["causes"]:
        rule, cause = one.pop("key")
        shards = shard_rows(one.pop("shards"))
        one["classes"] = Counter(one["classes"])
        one["contributors"] = {r: Counter(c) for r, c in one["contributors"].items()}
        causes[rule, cause] = CauseTally(shards=shards, **one)
    marks = pa.table([arrays[f"mark {name}"] for name in _MARKS.names], schema=_MARKS)
    low = {rule: shard_rows(length) for rule, length in meta["low"]}
    return Tally(causes, marks, [(s, r, n) for s, r, n in meta["scores"]], low)


def finite(value: float | None) -> float | None:
    """Return a score as JSON can hold it."""
    return value if value is not None and np.isfinite(value) else None


def _unlikely(example: dict[str, Any]) -> tuple[float, float, str, int]:
    score = example["score"]
    least = -score if score is not None else np.inf
    return example["p_value"], least, example["shard"], example["row"]


def _bounded(counts: Counter[str]) -> Counter[str]:
    """Keep the first values by name: the same ones in whatever order counts are merged."""
    if len(counts) <= _MOST_VALUES:
        return counts
    return Counter({name: counts[name] for name in sorted(counts)[:_MOST_VALUES]})
