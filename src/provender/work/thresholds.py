"""From the counts of all p-values to one threshold per rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from provender.core.shard import ShardFailure
from provender.detect.base import StateDetector
from provender.work.listed import gathered, suspects_listed
from provender.work.rounds import Detection
from provender.work.score import Scored, unpack_scores
from provender.work.summary import ScoreSummary, summarise
from provender.work.task import SpanTask


@dataclass(frozen=True)
class Thresholds:
    """What calibration decided.

    Attributes:
        detection: the finished detection.
        p_values: per detector, the largest p-value that is flagged; -1.0 for none.
        summaries: per detector, the counts of all its scores.
        crowds: per detector that lists rows, the listed rows in each shard; () for others.
    """

    detection: Detection
    p_values: tuple[float, ...]
    summaries: tuple[ScoreSummary, ...]
    crowds: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class BlockSummary:
    """Counts of all scores in a block of pieces: (detector, summary)."""

    summaries: tuple[tuple[int, ScoreSummary], ...]


def summarise_block(
    block: tuple[int, tuple[SpanTask, ...]], scored: Sequence[Scored], detection: Detection
) -> BlockSummary:
    """Add up the score counts of a block of pieces; ``scored`` holds those of all pieces."""
    wanted = {task.index for task in block[1]}
    totals: dict[int, ScoreSummary] = {}
    for piece in sorted((s for s in scored if s.index in wanted), key=lambda s: s.index):
        for index, name in piece.names:
            summary = unpack_scores(detection.store.require(name)).summary
            totals[index] = totals.get(index, ScoreSummary.empty()).merge(summary)
    return BlockSummary(tuple(sorted(totals.items())))


def decide_thresholds(
    blocks: Sequence[BlockSummary],
    failures: Sequence[ShardFailure],
    detection: Detection,
    rate: float,
) -> Thresholds:
    """Control the false discovery rate of each rule over all rows of the data set."""
    if failures:
        detection = replace(detection, failures=detection.failures + tuple(failures))
    totals = {i: ScoreSummary.empty() for i in range(len(detection.detectors))}
    crowds: list[tuple[int, ...]] = [() for _ in detection.detectors]
    if not detection.failures:
        for block in blocks:
            for index, summary in block.summaries:
                totals[index] = totals[index].merge(summary)
        for index, detector in enumerate(detection.detectors):
            if isinstance(detector, StateDetector):
                crowds[index] = _crowd(detector, detection, index)
                totals[index] = _of_state(detector, detection, index, crowds[index])
    return Thresholds(
        detection,
        tuple(totals[i].p_values.threshold(rate) for i in sorted(totals)),
        tuple(totals[i] for i in sorted(totals)),
        tuple(crowds),
    )


def _crowd(detector: StateDetector, detection: Detection, index: int) -> tuple[int, ...]:
    total = np.zeros(len(detection.starts), np.int64)
    for name in detection.profiles[index]:
        total += gathered(detector.flagged(detection.store.require(name)), detection.starts)
    return tuple(total.tolist())


def _of_state(
    detector: StateDetector, detection: Detection, index: int, crowd: tuple[int, ...]
) -> ScoreSummary:
    """A row that a state detector does not list has nothing against it: p = 1."""
    total, listed = ScoreSummary.empty(), 0
    for name in detection.profiles[index]:
        found = suspects_listed(detector, name, detection.store, detection.starts, crowd)
        listed += len(found.p_value)
        total = total.merge(summarise(found.p_value, None))
    others = summarise(np.ones(1), None)
    others.p_values.counts[:] *= max(detection.rows - listed, 0)
    others.histograms[""][:] *= max(detection.rows - listed, 0)
    return total.merge(others)
