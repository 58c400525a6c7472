"""The rows that fail expectations, shard by shard: numbers lie in the store, only counts fold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from provender.core.canonical import compact_json
from provender.expect.analysis import ExpectationAnalysis
from provender.expect.result import failing_rows, rows_seen
from provender.io.states import StateStore
from provender.stats.packing import pack, unpack
from provender.work.analyse import Analysed
from provender.work.fold import Block, Folded, Part, failed
from provender.work.starts import load_starts
from provender.work.wire import some_failures

if TYPE_CHECKING:
    from provender.work.validation import Answered

_KIND = "failing/2"
_ROWS = "rows/1"
#: Failing rows that a result names.
FIRST = 20


@dataclass
class FailingTally:
    """Failing rows of some neighbouring shards.

    Attributes:
        shards: by place in the suite, (shard, failing rows), of shards that have some.
        first: by place in the suite, (shard, row) of the first failing rows.
        tables: (shard, store name of its suspect rows).
    """

    shards: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    first: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    tables: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: FailingTally) -> None:
        """Add the shards that follow."""
        for place, shards in other.shards.items():
            self.shards.setdefault(place, []).extend(shards)
        for place, rows in other.first.items():
            self.first[place] = (self.first.get(place, []) + rows)[:FIRST]
        self.tables += other.tables


def store_rows(rows: np.ndarray, store: StateStore) -> str:
    """Store int64 row numbers, ascending, and return the name."""
    return store.put_content("rows", pack(_ROWS, {}, {"rows": rows}))


@lru_cache(maxsize=8)
def _load_rows(name: str, store: StateStore) -> np.ndarray:
    rows: np.ndarray = unpack(_ROWS, store.require(name))[1]["rows"]
    return rows


def failing_of(
    grouped: tuple[int, Sequence[Analysed]],
    answered: Answered,
    suite: ExpectationAnalysis,
    starts: str,
    store: StateStore,
) -> Part:
    """Store the failing rows of one shard and return the name of their tally.

    Args:
        grouped: the shard's place, and what became of its pieces, in order.
        starts: store name of the number of each shard's first row.
    """
    shard, pieces = grouped
    failures = some_failures([*answered.failures, *(p.failure for p in pieces if p.failure)])
    if failures:
        return Part("", failures)
    rows = _rows_of(shard, pieces, answered, suite, load_starts(starts, store), store)
    tally = FailingTally(
        {place: [(shard, len(found))] for place, found in rows.items()},
        {place: [(shard, int(row)) for row in found[:FIRST]] for place, found in rows.items()},
    )
    suspect = {place: found for place, found in rows.items() if place in answered.wanted}
    if suspect:
        arrays = {str(place): found for place, found in suspect.items()}
        tally.tables = [(shard, store.put_content("failing", pack(_KIND, {}, arrays)))]
    return Part(_store(tally, store))


def _rows_of(
    shard: int,
    pieces: Sequence[Analysed],
    answered: Answered,
    suite: ExpectationAnalysis,
    starts: np.ndarray,
    store: StateStore,
) -> dict[int, np.ndarray]:
    """Return the failing rows of a shard by place in the suite, where there are some."""
    found: dict[int, np.ndarray] = {}
    for place, name in answered.whole:
        rows = _load_rows(name, store)
        bounds = np.searchsorted(rows, starts[shard : shard + 2])
        stop = bounds[1] if len(bounds) > 1 else len(rows)
        found[place] = rows[bounds[0] : stop] - starts[shard]
    within = [place for place in answered.counted if not suite.plans[place].as_a_whole]
    parts: dict[int, list[np.ndarray]] = {place: [] for place in within}
    seen = dict.fromkeys(within, 0)
    for piece in pieces if within else []:
        state = suite.unpack(store.require(piece.names[0]))
        for place in within:
            parts[place].append(failing_rows(suite, state, place) + seen[place])
            seen[place] += rows_seen(suite, state, place)
    found |= {place: np.concatenate(rows) for place, rows in parts.items()}
    return {place: found[place] for place in sorted(found) if len(found[place])}


def fold_failing(block: Block, store: StateStore) -> Folded:
    """Fold the tallies of neighbouring shards."""
    group, number, parts = block
    part = failed(parts)
    if part is None:
        total = FailingTally()
        for one in parts:
            total.add(load_failing(one.name, store))
        part = Part(_store(total, store))
    return ((group, number, part),)


def _store(tally: FailingTally, store: StateStore) -> str:
    value = {
        "shards": sorted(tally.shards.items()),
        "first": sorted(tally.first.items()),
        "tables": tally.tables,
    }
    return store.put_content("failures", compact_json(value))


def load_failing(name: str, store: StateStore) -> FailingTally:
    """Return the tally of a shard, of a block or of all."""
    value = json.loads(store.require(name))

    def pairs(key: str) -> dict[int, list[tuple[int, int]]]:
        return {place: [(a, b) for a, b in found] for place, found in value[key]}

    tables = [(shard, table) for shard, table in value["tables"]]
    return FailingTally(pairs("shards"), pairs("first"), tables)


def suspect_rows(name: str, store: StateStore) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (place in the suite, int64 rows within the shard) of a shard's suspect rows."""
    arrays: dict[str, Any] = unpack(_KIND, store.require(name))[1]
    for place in sorted(arrays, key=int):
        yield int(place), arrays[place]
