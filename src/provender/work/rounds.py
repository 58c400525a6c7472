"""The rounds of detection: which analyses a round computes, and the profiles it ends in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.shard import ShardFailure
from provender.detect.base import Detector, StateDetector
from provender.io.states import StateStore
from provender.stats.packing import pack, unpack
from provender.stats.secret import key_id
from provender.work.analyse import Analysed, AnalysePlan, analyse
from provender.work.cells import Cells, cell_names, cells, cut, merged
from provender.work.fold import Block, Folded, Part, failed, fold_names
from provender.work.listed import gathered
from provender.work.starts import load_starts
from provender.work.task import SpanTask
from provender.work.told import store_told
from provender.work.wire import message, some_failures

#: Records whose keys one worker folds at a time; a partitioned detector gets a part for each.
ROWS_PER_PART = 2_000_000
_CROWD = "crowd/1"
_COMMON = "common"


@dataclass(frozen=True)
class Detection:
    """What does not change from round to round.

    Attributes:
        detectors: bound detectors.
        rows: records of the data set.
        starts: store name of the global number of each shard's first row.
        hash_key: id of the secret key that every worker must have.
    """

    store: StateStore
    schema: pa.Schema
    detectors: tuple[Detector, ...]
    rows: int
    starts: str
    fresh: bool = False
    hash_key: str | None = field(default_factory=key_id)

    def parts(self, index: int) -> int:
        """Return in how many parts detector ``index`` is folded."""
        detector = self.detectors[index]
        if isinstance(detector, StateDetector) and detector.partitioned:
            return max(1, -(-self.rows // ROWS_PER_PART))
        return 1

    @property
    def rounds(self) -> int:
        """Return how many rounds the detector with most of them takes."""
        return max((d.rounds for d in self.detectors), default=0)


@message
@dataclass(frozen=True)
class Standing:
    """Where a detection stands after some rounds: small enough for a side input.

    Attributes:
        profiles: per detector, the names of its stored profiles (one, or one per part).
        told: per detector, once it is through, the names of what its profiles tell (`Told`), each
            once, the first part's first.
        crowds: per detector that lists rows, once it is through, the store name of how many lie
            in each shard; '' for others.
        failures: shards that could not be read; the steps that follow do nothing.
    """

    profiles: tuple[tuple[str, ...], ...] = ()
    told: tuple[tuple[str, ...], ...] = ()
    crowds: tuple[str, ...] = ()
    failures: tuple[ShardFailure, ...] = ()


@dataclass(frozen=True)
class RoundPlan:
    """One round: the detectors that take part and the analysis of each."""

    members: tuple[int, ...] = ()
    analyses: tuple[Any, ...] = ()
    analyse: AnalysePlan | None = field(default=None)


@message
@dataclass(frozen=True)
class Profiled:
    """One part of a detector's profile.

    Attributes:
        name: store name of the profile; '' after a failure.
        told: store name of what it tells; '' before the detector's last round.
        crowd: store name of how many listed rows lie in each shard; '' where it lists none yet.
    """

    detector: int
    part: int
    name: str
    told: str = ""
    crowd: str = ""
    failures: tuple[ShardFailure, ...] = ()


@lru_cache(maxsize=32)
def load_crowd(name: str, store: StateStore) -> np.ndarray:
    """Return int64 (shards,): listed rows in each shard."""
    crowd: np.ndarray = unpack(_CROWD, store.require(name))[1]["crowd"]
    return crowd


@lru_cache(maxsize=4)
def plan_round(detection: Detection, standing: Standing, round: int) -> RoundPlan:
    """Return what round ``round`` computes, given the profiles of the round before."""
    if standing.failures:
        return RoundPlan()
    members, analyses = [], []
    for index, detector in enumerate(detection.detectors):
        if round < detector.rounds:
            profile = detection.store.require(standing.profiles[index][0]) if round else None
            members.append(index)
            analyses.append(detector.analysis(round, profile))
    plan = AnalysePlan(
        detection.store,
        detection.schema,
        tuple(analyses),
        fresh=detection.fresh and round > 0,
        hash_key=detection.hash_key,
    )
    return RoundPlan(tuple(members), tuple(analyses), plan)


def read_round(task: SpanTask, standing: Standing, detection: Detection, round: int) -> Analysed:
    """Store what the round computes of a piece; nothing where a shard has failed before."""
    plan = plan_round(detection, standing, round)
    if plan.analyse is None:
        return Analysed(task.index, task.shard_index, failure=standing.failures[0])
    return analyse(task, plan.analyse)


def parts_of(analysed: Analysed, detection: Detection, round: int) -> Iterator[tuple[str, Part]]:
    """Yield (group, part) for the state of each detector that takes part in the round."""
    members = [i for i, d in enumerate(detection.detectors) if round < d.rounds]
    for place, index in enumerate(members):
        yield str(index), analysed.part(place)


def fold_parts(block: Block, standing: Standing, detection: Detection, round: int) -> Folded:
    """Fold one block of a detector's states; cut it by key where the detector is partitioned.

    The group is the detector's number, and then, behind a slash, the part's or 'common'.
    """
    group, number, parts = block
    index, _, cut_already = group.partition("/")
    store = detection.store
    plan = plan_round(detection, standing, round)
    if failure := failed(parts):
        return ((f"{index}/0", number, failure),)
    if isinstance(parts[0], Cells):
        names = [name for found in parts for name in cell_names(found, store)]
        return ((group, number, cells(names, store)),)
    analysis = plan.analyses[plan.members.index(int(index))]
    names = [part.name for part in parts]
    detector = detection.detectors[int(index)]
    if cut_already or not isinstance(detector, StateDetector) or not detector.partitioned:
        name = fold_names(analysis, names, store)
        return ((group if cut_already else f"{index}/0", number, Part(name)),)
    count = detection.parts(int(index))
    if count == 1:
        return ((f"{index}/0", number, cells(names, store)),)
    found = cut(names, detector, analysis, count, store)
    common = Part(fold_names(analysis, found.common, store))
    own = [(f"{index}/{part}", number, cells(n, store)) for part, n in enumerate(found.parts)]
    return (*own, (f"{index}/{_COMMON}", number, common))


def is_profiled(group: str) -> bool:
    """Return whether a folded group becomes a profile: what parts have in common does not."""
    return not group.endswith(_COMMON)


def make_profile(
    folded: tuple[str, Part | Cells],
    shared: Mapping[str, Part],
    standing: Standing,
    detection: Detection,
    round: int,
) -> Profiled:
    """Store the profile that a detector's folded state, or a part of it, gives.

    Args:
        folded: group and state.
        shared: what parts have in common, and failures, by group.
    """
    group, own = folded
    index, _, part = group.partition("/")
    if failure := failed([own, *shared.values()]):
        return Profiled(int(index), int(part), "", failures=failure.failures)
    plan = plan_round(detection, standing, round)
    detector = detection.detectors[int(index)]
    analysis = plan.analyses[plan.members.index(int(index))]
    names = cell_names(own, detection.store) if isinstance(own, Cells) else [own.name]
    state = merged(names, analysis, detection.store)
    common = shared.get(f"{index}/{_COMMON}")
    if common and isinstance(detector, StateDetector):
        whole = analysis.unpack(detection.store.require(common.name))
        state = detector.complete(state, whole)
    data = detector.profile(round, state)
    told = crowd = ""
    if round == detector.rounds - 1:
        told = store_told(detector, data, detection.store)
        if isinstance(detector, StateDetector):
            starts = load_starts(detection.starts, detection.store)
            crowd = _store_crowd(gathered(detector.flagged(data), starts), detection.store)
    name = detection.store.put_content("profile", data)
    return Profiled(int(index), int(part), name, told, crowd)


def _store_crowd(crowd: np.ndarray, store: StateStore) -> str:
    return store.put_content("crowd", pack(_CROWD, {}, {"crowd": crowd}))


def next_standing(
    standing: Standing, profiled: Sequence[Profiled], detection: Detection
) -> Standing:
    """Return where the detection stands after a round."""
    failures = some_failures([*standing.failures, *(f for one in profiled for f in one.failures)])
    if failures:
        return Standing(failures=failures)
    count = len(detection.detectors)
    profiles = list(standing.profiles or ((),) * count)
    told = list(standing.told or ((),) * count)
    crowds = list(standing.crowds or ("",) * count)
    for index in {one.detector for one in profiled}:
        own = sorted((p for p in profiled if p.detector == index), key=lambda p: p.part)
        profiles[index] = tuple(p.name for p in own)
        # Of 50,000 parts nearly all tell the same.
        told[index] = tuple(dict.fromkeys(p.told for p in own if p.told))
        if own[0].crowd:
            crowds[index] = own[0].crowd if len(own) == 1 else _total(own, detection.store)
    return Standing(tuple(profiles), tuple(told), tuple(crowds))


def _total(parts: Sequence[Profiled], store: StateStore) -> str:
    total = load_crowd(parts[0].crowd, store).copy()
    for part in parts[1:]:
        total += load_crowd(part.crowd, store)
    return _store_crowd(total, store)
