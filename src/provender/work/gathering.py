"""Everything a detection found, put together once: what the detect pipeline hands back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from provender.stats.census import CensusAnalysis
from provender.work.analyse import Analysed
from provender.work.census import load_census
from provender.work.dataset import DataSet
from provender.work.findings import (
    checks_of,
    detectors_json,
    findings_of,
    shards_json,
    source_counts,
)
from provender.work.mark import Marked
from provender.work.score import Scored
from provender.work.task import SpanTask
from provender.work.thresholds import Thresholds


@dataclass(frozen=True)
class Gathering:
    """What findings are put together with.

    Attributes:
        shard_rows: (name, records) of every shard, in canonical order.
        rate: false discovery rate over places.
        keep_all: whether the scores of all rows are wanted.
    """

    tasks: list[SpanTask]
    census: CensusAnalysis
    data: DataSet
    shard_rows: list[tuple[str, int]]
    rate: float
    keep_all: bool


def gather(
    thresholds: Thresholds,
    marked: Sequence[Marked],
    scored: Sequence[Scored],
    counted: Sequence[Analysed],
    context: Gathering,
) -> dict[str, Any]:
    """Return findings, coverage and where row-level results lie, or the shards that failed."""
    failures = list(thresholds.detection.failures)
    failures += [m.failure for m in marked if m.failure] + [c.failure for c in counted if c.failure]
    if failures:
        return {"failures": [vars(f) for f in failures]}
    counts = load_census(context.data, context.census, thresholds.detection.store)
    sources = source_counts(counts, context.data.roles.source)
    findings = findings_of(thresholds, marked, context.shard_rows, sources, context.rate)
    return {
        "failures": [],
        "findings": [f.to_json() for f in findings],
        "checks": [c.to_json() for c in checks_of(thresholds, context.data.rows)],
        "detectors": detectors_json(thresholds),
        "shards": shards_json(thresholds, marked, context.shard_rows),
        "marks": [
            [context.shard_rows[m.shard_index][0], m.name]
            for m in sorted(marked, key=lambda m: m.shard_index)
            if m.name
        ],
        "scores": list(_score_names(thresholds, scored, context)) if context.keep_all else [],
    }


def _score_names(
    thresholds: Thresholds, scored: Sequence[Scored], context: Gathering
) -> Iterator[list[str]]:
    for piece in sorted(scored, key=lambda s: s.index):
        shard = context.tasks[piece.index].shard.ref.name
        for index, name in piece.names:
            yield [shard, thresholds.detection.detectors[index].rule.id, name]
