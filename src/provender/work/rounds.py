"""The rounds of detection: which analyses a round computes, and the profiles it ends in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from provender.core.shard import ShardFailure
from provender.detect.base import Detector, StateDetector
from provender.io.states import StateStore
from provender.work.analyse import Analysed, AnalysePlan, analyse
from provender.work.fold import BLOCK, blocks, fold_names
from provender.work.task import SpanTask, span_state_name

#: Records whose keys one worker folds at a time; a partitioned detector gets a part for each.
ROWS_PER_PART = 2_000_000


@dataclass(frozen=True)
class Detection:
    """Where a detection stands: handed from round to round, small enough for a side input.

    Attributes:
        detectors: bound detectors.
        profiles: per detector, the names of its stored profiles (one, or one per part).
        rows: records of the data set.
        starts: global number of each shard's first row.
        failures: shards that could not be read; the rounds that follow do nothing.
    """

    store: StateStore
    schema: pa.Schema
    detectors: tuple[Detector, ...]
    rows: int
    starts: tuple[int, ...]
    fresh: bool = False
    profiles: tuple[tuple[str, ...], ...] = ()
    failures: tuple[ShardFailure, ...] = ()

    def parts(self, index: int) -> int:
        """Return in how many parts detector ``index`` is folded."""
        detector = self.detectors[index]
        if isinstance(detector, StateDetector) and detector.partitioned:
            return max(1, -(-self.rows // ROWS_PER_PART))
        return 1


@dataclass(frozen=True)
class RoundPlan:
    """One round: the detectors that take part and the analysis of each."""

    detection: Detection
    round: int
    members: tuple[int, ...] = ()
    analyses: tuple[Any, ...] = ()
    analyse: AnalysePlan | None = field(default=None)


def plan_round(detection: Detection, round: int) -> RoundPlan:
    """Return what round ``round`` computes, given the profiles of the round before."""
    if detection.failures:
        return RoundPlan(detection, round)
    members, analyses = [], []
    for index, detector in enumerate(detection.detectors):
        if round < detector.rounds:
            profile = detection.store.require(detection.profiles[index][0]) if round else None
            members.append(index)
            analyses.append(detector.analysis(round, profile))
    plan = AnalysePlan(
        detection.store, detection.schema, tuple(analyses), fresh=detection.fresh and round > 0
    )
    return RoundPlan(detection, round, tuple(members), tuple(analyses), plan)


def read_round(task: SpanTask, plan: RoundPlan) -> Analysed:
    """Store what the round computes of a piece; nothing where a shard has failed before."""
    return Analysed(task.index, 0, 0) if plan.analyse is None else analyse(task, plan.analyse)


@dataclass(frozen=True)
class FoldedBlock:
    """Folded states of a run of pieces, none after a failure.

    Attributes:
        names: (detector, part, store name): one for the whole run, or for each part of each
            piece where a detector is partitioned; in order of pieces.
    """

    index: int
    names: tuple[tuple[int, int, str], ...]


def fold_block(
    block: tuple[int, tuple[SpanTask, ...]], plan: RoundPlan, outcome: Sequence[Analysed]
) -> FoldedBlock:
    """Fold the states of one block of pieces, part by part where a detector is partitioned."""
    number, tasks = block
    detection = plan.detection
    if detection.failures or any(o.failure for o in outcome):
        return FoldedBlock(number, ())
    folded: list[tuple[int, int, str]] = []
    for index, analysis in zip(plan.members, plan.analyses, strict=True):
        names = [span_state_name(analysis, task, detection.schema) for task in tasks]
        parts = detection.parts(index)
        if parts == 1:
            folded.append((index, 0, fold_names(analysis, names, detection.store)))
            continue
        detector: Any = detection.detectors[index]
        # Each state is read once and cut up; the parts of one key range meet in make_profiles.
        for name in names:
            state = analysis.unpack(detection.store.require(name))
            for part in range(parts):
                data = analysis.pack(detector.select(state, part, parts))
                folded.append((index, part, detection.store.put_content("part", data)))
    return FoldedBlock(number, tuple(folded))


def make_profiles(
    index: int, plan: RoundPlan, folded: Sequence[FoldedBlock]
) -> tuple[int, tuple[str, ...]]:
    """Fold a detector's blocks in order and return the names of its stored profiles."""
    detection = plan.detection
    if index not in plan.members or not all(block.names for block in folded):
        return index, ()
    analysis = plan.analyses[plan.members.index(index)]
    detector = detection.detectors[index]
    profiles = []
    for part in range(detection.parts(index)):
        names = [
            name
            for block in sorted(folded, key=lambda b: b.index)
            for i, p, name in block.names
            if (i, p) == (index, part)
        ]
        while len(names) > 1:
            names = [fold_names(analysis, run, detection.store) for run in blocks(names, BLOCK)]
        state = analysis.unpack(detection.store.require(names[0]))
        data = detector.profile(plan.round, state)
        profiles.append(detection.store.put_content("profile", data))
    return index, tuple(profiles)


def next_detection(
    detection: Detection,
    outcome: Sequence[Analysed],
    profiles: Sequence[tuple[int, tuple[str, ...]]],
) -> Detection:
    """Return where the detection stands after a round."""
    failures = tuple(o.failure for o in outcome if o.failure)
    new = dict(profiles)
    old = detection.profiles or tuple(() for _ in detection.detectors)
    merged = tuple(new.get(i) or old[i] for i in range(len(detection.detectors)))
    return replace(detection, profiles=merged, failures=detection.failures + failures)
