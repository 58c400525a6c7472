"""Everything a detection found, put together once: what the detect pipeline hands back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provender.core.lazily import Lazily
from provender.core.policy import Rates
from provender.core.shard import Roles, ShardFailure
from provender.stats.census import CensusAnalysis
from provender.work.findings import (
    checks_of,
    contributor_rows,
    detectors_json,
    findings_of,
    shards_json,
)
from provender.work.fold import Part, failed
from provender.work.rounds import Detection
from provender.work.summary import load_summary
from provender.work.suspects import Subjects
from provender.work.tally import Tally, load_tally
from provender.work.thresholds import Thresholds
from provender.work.told import load_told
from provender.work.wire import message


@message
@dataclass(frozen=True)
class Gathered:
    """What the steps of a detection end in.

    Attributes:
        thresholds: what calibration decided.
        tally: store name of what was flagged in all shards; '' after a failure.
        census: store name of how many records each class, source and annotator has.
    """

    thresholds: Thresholds
    tally: str = ""
    census: str = ""
    failures: tuple[ShardFailure, ...] = ()


def gather(thresholds: Thresholds, tallied: Sequence[Part], counted: Sequence[Part]) -> Gathered:
    """Return what the steps ended in, or the shards that failed."""
    failure = failed([Part("", thresholds.standing.failures), *tallied, *counted])
    if failure:
        return Gathered(thresholds, failures=failure.failures)
    return Gathered(thresholds, tallied[0].name, counted[0].name)


def found(
    gathered: Gathered,
    detection: Detection,
    census: CensusAnalysis,
    roles: Roles,
    shard_rows: Sequence[tuple[str, int]],
    rates: Rates,
) -> dict[str, Any]:
    """Return findings, coverage and where row-level results lie, as JSON values.

    Args:
        shard_rows: (name, records) of every shard, in canonical order.
        rates: false discovery rate over places, and the alarm rate.
    """
    store, thresholds = detection.store, gathered.thresholds
    tally = load_tally(gathered.tally, store)
    summaries = [load_summary(name, store) for name in thresholds.summaries]
    rows = contributor_rows(census.unpack(store.require(gathered.census)), roles)
    findings = findings_of(tally, thresholds, summaries, detection, shard_rows, roles, rows, rates)
    told = [load_told(names[0], store) for names in thresholds.standing.told]
    rules = [detector.rule.id for detector in detection.detectors]
    return {
        "findings": findings,
        "subjects": Subjects(rules, [[cause.what for cause in one.causes] for one in told]),
        "checks": checks_of(thresholds, summaries, detection),
        "detectors": detectors_json(thresholds, summaries, detection),
        "shards": shards_json(tally, detection, shard_rows),
        "marks": _marks(tally, [name for name, _ in shard_rows]),
        "scores": [(shard_rows[shard][0], rule, name) for shard, rule, name in tally.scores],
    }


def _marks(tally: Tally, shards: Sequence[str]) -> Lazily:
    """Return (shard name, store name of its flagged rows), in canonical order."""
    places, names = tally.marks["shard"].to_numpy(), tally.marks["name"].combine_chunks()
    return Lazily(len(places), lambda i: (shards[places[i]], names[i].as_py()))
