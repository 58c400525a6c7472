"""From profiles to flagged rows: score, calibrate, mark, tally."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsList, AsSingleton

from pipelines.run import loading
from provender.beam.transforms import CallEach, Fold, Grouped, Once, Placed
from provender.core.shard import Roles
from provender.io.states import StateStore
from provender.stats.census import CensusAnalysis
from provender.work.analyse import Analysed, AnalysePlan, analyse, span_bytes
from provender.work.dataset import DataSet
from provender.work.fold import Part, fold_states
from provender.work.mark import Marked, MarkPlan, mark
from provender.work.rounds import Detection
from provender.work.score import Scored, score
from provender.work.suspected import count_listed, listing_parts, send_hits
from provender.work.tally import fold_tallies
from provender.work.task import SpanTask
from provender.work.thresholds import Thresholds, decide_thresholds, fold_summaries
from provender.work.wire import from_wire, to_wire

#: Behind every piece of a shard, in the order of what is known of it.
_LAST = 2**40


def judged(
    root: beam.Pipeline,
    pieces: beam.PCollection,
    standing: beam.PCollection,
    detection: Detection,
    plan: MarkPlan,
    rate: float,
    data: DataSet,
) -> tuple[beam.PCollection, beam.PCollection]:
    """Return the thresholds, one message, and the tally of flagged rows over all shards.

    Args:
        pieces: of all shards, as they travel.
        standing: one message, where the detection stands after the last round.
        rate: false discovery rate over rows, per rule.
    """
    profiles = AsSingleton(standing)
    scored = pieces | "Score rows" >> CallEach(
        _score,
        profiles,
        detection,
        data.roles,
        plan.keep_all,
        stage="score",
        load=loading(detection.store),
        size=span_bytes,
    )
    listing = (
        standing
        | "List parts" >> beam.FlatMap(partial(_listing, detection))
        | "Spread parts" >> beam.Reshuffle()
    )
    of_rows = scored | "Place scores" >> beam.FlatMap(_scores)
    of_lists = listing | "Count listed rows" >> CallEach(_count, profiles, detection, give=_counts)
    parts = max(detection.parts(i) for i in range(len(detection.detectors))) if data.rows else 1
    summed = (
        (of_rows, of_lists)
        | "All scores" >> beam.Flatten()
        | "Add scores up" >> Fold(fold_summaries, detection.store, count=max(data.pieces, parts))
    )
    failed = scored | "Pieces that failed" >> beam.FlatMap(_failure)
    thresholds = root | "Calibrate" >> Once(
        _thresholds, AsList(summed), AsList(failed), profiles, detection, rate
    )
    decided = AsSingleton(thresholds)
    hits = listing | "Send hits" >> beam.FlatMap(_hits, decided, detection, plan.keep_all)
    tallied = (
        (scored | "Find shards" >> beam.Map(_by_shard), hits)
        | "All of a shard" >> beam.Flatten()
        | "Mark rows" >> Grouped(_mark, decided, detection, plan, stage="mark", give=_tally)
        | "Fold tallies" >> Fold(fold_tallies, detection.store, count=len(data.names))
    )
    return thresholds, tallied


def folded_census(
    pieces: beam.PCollection, data: DataSet, census: CensusAnalysis, store: StateStore
) -> beam.PCollection:
    """Return how many records each class, source and annotator has, folded over all pieces."""
    plan = AnalysePlan(store, data.schema, (census,))
    return (
        pieces
        | "Count classes and sources" >> CallEach(analyse, plan, load=loading(store), give=_census)
        | "Fold census" >> Fold(fold_states, census, store, count=data.pieces)
    )


def _score(
    task: SpanTask, standing: bytes, detection: Detection, roles: Roles, keep_all: bool
) -> Scored:
    return score(task, from_wire(standing), detection, roles, keep_all)


def _listing(detection: Detection, standing: bytes) -> Iterator[tuple[int, int]]:
    yield from listing_parts(from_wire(standing), detection)


def _scores(message: bytes) -> Iterator[Placed]:
    scored = from_wire(message)
    for index, name in scored.names:
        yield str(index), scored.index, to_wire(Part(name))


def _failure(message: bytes) -> Iterator[bytes]:
    if failure := from_wire(message).failure:
        yield to_wire(failure)


def _count(part: tuple[int, int], standing: bytes, detection: Detection) -> tuple[int, int, Part]:
    return (*part, count_listed(part, from_wire(standing), detection))


def _counts(counted: tuple[int, int, Part]) -> Iterator[Placed]:
    index, part, summary = counted
    yield str(index), part, to_wire(summary)


def _thresholds(
    summed: list[tuple[str, bytes]],
    failed: list[bytes],
    standing: bytes,
    detection: Detection,
    rate: float,
) -> Thresholds:
    failures = [from_wire(message) for message in failed]
    parts = [(index, from_wire(part)) for index, part in summed]
    return decide_thresholds(parts, failures, from_wire(standing), detection, rate)


def _hits(
    part: tuple[int, int], decided: bytes, detection: Detection, keep_all: bool
) -> Iterator[tuple[int, int, bytes]]:
    thresholds = from_wire(decided)
    if not thresholds.standing.failures:
        limit = 1.0 if keep_all else thresholds.p_values[part[0]]
        for shard, hits in send_hits(part, thresholds.standing, detection, limit):
            yield shard, _LAST, to_wire(hits)


def _by_shard(message: bytes) -> tuple[int, int, bytes]:
    scored = from_wire(message)
    return scored.shard_index, scored.index, message


def _mark(grouped: tuple[int, Any], decided: bytes, detection: Detection, plan: MarkPlan) -> Marked:
    return mark(grouped, from_wire(decided), detection, plan)


def _tally(marked: Marked) -> Iterator[Placed]:
    failures = (marked.failure,) if marked.failure else ()
    yield "", marked.shard_index, to_wire(Part(marked.tally, failures))


def _census(analysed: Analysed) -> Iterator[Placed]:
    yield "", analysed.index, to_wire(analysed.part(0))
