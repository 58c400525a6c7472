"""From the counts of all p-values to one threshold per rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from provender.core.shard import ShardFailure
from provender.detect.base import StateDetector
from provender.io.states import StateStore
from provender.work.fold import Block, Folded, Part
from provender.work.fold import failed as failed_part
from provender.work.rounds import Detection, Standing
from provender.work.score import unpack_scores
from provender.work.summary import ScoreSummary, load_summary, store_summary
from provender.work.suspected import with_others
from provender.work.wire import message, some_failures


@message
@dataclass(frozen=True)
class Thresholds:
    """What calibration decided.

    Attributes:
        standing: the finished detection.
        p_values: per detector, the largest p-value that is flagged; -1.0 for none.
        summaries: per detector, the store name of the counts of all its scores.
    """

    standing: Standing
    p_values: tuple[float, ...] = ()
    summaries: tuple[str, ...] = ()


def fold_summaries(block: Block, store: StateStore) -> Folded:
    """Add up score counts: of pieces, whose scores hold theirs, or of blocks."""
    group, number, parts = block
    part = failed_part(parts)
    if part is None:
        total = ScoreSummary.empty()
        for one in parts:
            total = total.merge(_summary(one.name, store))
        part = Part(store_summary(total, store))
    return ((group, number, part),)


def _summary(name: str, store: StateStore) -> ScoreSummary:
    if name.startswith("scores/"):
        return unpack_scores(store.require(name)).summary
    return load_summary(name, store)


def decide_thresholds(
    summed: Sequence[tuple[str, Part]],
    failed: Sequence[ShardFailure],
    standing: Standing,
    detection: Detection,
    rate: float,
) -> Thresholds:
    """Control the false discovery rate of each rule over all rows of the data set.

    Args:
        summed: per detector (by number), the counts of all its scores.
        failed: shards that could not be scored.
    """
    failures = some_failures(
        [*standing.failures, *failed, *(f for _, part in summed for f in part.failures)]
    )
    if failures:
        return Thresholds(replace(standing, failures=failures))
    names = {int(index): part.name for index, part in summed}
    p_values, kept = [], []
    for index, detector in enumerate(detection.detectors):
        total = load_summary(names[index], detection.store)
        if isinstance(detector, StateDetector):
            total = with_others(total, detection.rows)
        p_values.append(total.p_values.threshold(rate))
        kept.append(store_summary(total, detection.store))
    return Thresholds(standing, tuple(p_values), tuple(kept))
