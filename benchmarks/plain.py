"""The scan without Beam: the same functions of `provender.work`, called by a loop or a plain pool.

What Beam costs is the difference between this and `pipelines.scan` on the same data.
"""

from __future__ import annotations

import contextlib
import datetime
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.calls import Map, With
from pipelines.detect import Detected, detectors_for, first_analyses, write_documents
from pipelines.explain import explain
from pipelines.run import Run
from pipelines.scan import ScanRequest
from pipelines.validate import validate, write_validation
from provender.core.digest import digest_of
from provender.core.manifest import Manifest
from provender.core.policy import Rates
from provender.io.discover import discover
from provender.io.outputs import OutputFolder, write_json
from provender.report.html import render_html
from provender.work.analyse import AnalysePlan, analyse, span_bytes
from provender.work.census import census_of
from provender.work.dataset import DataSet, data_set, raise_failures
from provender.work.deciding import load_policy, verdict_on
from provender.work.documents import findings_document
from provender.work.fold import BLOCK, Folded, Part, fold_states, levels
from provender.work.gathering import found, gather
from provender.work.identities import IDENTITY, identities, manifest_of
from provender.work.mark import MarkPlan, mark
from provender.work.rounds import (
    Detection,
    Standing,
    fold_parts,
    is_profiled,
    make_profile,
    next_standing,
    parts_of,
    read_round,
)
from provender.work.score import score
from provender.work.shards import SHARDS_ON_A_PAGE
from provender.work.starts import store_starts
from provender.work.survey import keep_page, listed_shards, shard_size, survey_shard
from provender.work.suspected import count_listed, listing_parts, send_hits
from provender.work.tally import fold_tallies
from provender.work.task import SpanTask, load_task
from provender.work.thresholds import Thresholds, decide_thresholds, fold_summaries


@dataclass
class Stages:
    """A map and the seconds that each stage took."""

    map: Map
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextlib.contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of the block to ``stage``."""
        began = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - began

    def each(
        self,
        function: Callable[..., Any],
        items: Sequence[Any],
        *extra: Any,
        size: Callable[[Any], int] = lambda _: 0,
    ) -> list[Any]:
        """Call ``function(item, *extra)`` on every item, the largest first."""
        ordered = sorted(items, key=size, reverse=True)
        return list(self.map(With(function, extra), ordered))


@dataclass(frozen=True)
class Digests:
    """What two scans of the same data must agree on."""

    manifest_root: str
    findings: str


def plain_scan(request: ScanRequest, run: Run, stages: Stages, today: datetime.date) -> Digests:
    """Take the path of `pipelines.scan.scan` without a suite, baseline or quarantine."""
    policy = load_policy(request.policy)
    with OutputFolder(request.out).staging("verdict.json") as draft:
        with stages.timed("hash"):
            data = _survey(request, run, stages)
        with stages.timed("fingerprint and round 0"):
            manifest = _fingerprint(data, run, stages)
        with stages.timed("decide and write"):
            write_json(draft / "manifest.json", manifest.document())
            _ = manifest.digest
        validation = validate(data, manifest, None, run)
        detected = _detect(data, manifest, run, policy.rates, stages)
        with stages.timed("decide and write"):
            findings = detected.document
            verdict = verdict_on(policy, manifest, findings, validation.document, today).to_json()
            write_validation(draft, validation, run.store)
            write_documents(draft, detected, run)
            write_json(draft / "verdict.json", verdict)
            report = render_html(manifest.heading(), validation.document, findings, verdict)
            (draft / "report.html").write_text(report)
    return Digests(manifest.root, digest_of(findings))


def _survey(request: ScanRequest, run: Run, stages: Stages) -> DataSet:
    listed = listed_shards(discover(request.inputs))
    found = stages.each(survey_shard, listed, run.store, run.span_bytes, run.fresh, size=shard_size)
    pages: dict[int, list[Any]] = {}
    for one in sorted(found, key=lambda s: s.index):
        pages.setdefault(one.index // SHARDS_ON_A_PAGE, []).append(one)
    return data_set(
        [keep_page(grouped, run.store) for grouped in pages.items()], request.roles, run.store
    )


def _tasks(data: DataSet, run: Run) -> list[SpanTask]:
    return [load_task(ref, run.store) for ref in data.tasks(run.store)]


def _fingerprint(data: DataSet, run: Run, stages: Stages) -> Manifest:
    plan = AnalysePlan(run.store, data.schema, first_analyses(data), (IDENTITY,), run.fresh)
    read = stages.each(analyse, _tasks(data, run), plan, size=span_bytes)
    raise_failures([a.failure for a in read if a.failure])
    pages: dict[int, list[Any]] = {}
    for one in sorted(read, key=lambda a: a.index):
        pages.setdefault(one.shard_index // SHARDS_ON_A_PAGE, []).append(one)
    merged = stages.each(identities, list(pages.items()), data.pages, run.store)
    return manifest_of(merged, run.store)


def _fold(
    stages: Stages,
    function: Callable[..., Folded],
    placed: Sequence[tuple[str, int, Any]],
    *extra: Any,
    count: int,
) -> list[tuple[str, Any]]:
    """Fold placed messages as `provender.beam.transforms.Fold` does."""
    for _ in range(levels(count)):
        blocks: dict[tuple[str, int], list[tuple[int, Any]]] = {}
        for group, position, message in placed:
            blocks.setdefault((group, position // BLOCK), []).append((position, message))
        calls = [
            (group, number, tuple(m for _, m in sorted(found, key=lambda pair: pair[0])))
            for (group, number), found in blocks.items()
        ]
        placed = [out for folded in stages.each(function, calls, *extra) for out in folded]
    return [(group, message) for group, _, message in placed]


def _detect(data: DataSet, manifest: Manifest, run: Run, rates: Rates, stages: Stages) -> Detected:
    each, store = stages.each, run.store
    detectors, unchecked = detectors_for(data)
    tasks, shard_rows, census = _tasks(data, run), data.shard_rows(), census_of(data)
    starts = store_starts(data.starts(), store)
    detection = Detection(store, data.schema, detectors, data.rows, starts, run.fresh)
    standing = Standing()
    for number in range(detection.rounds):
        with stages.timed("fold round 0" if number == 0 else f"round {number}"):
            read = each(read_round, tasks, standing, detection, number, size=span_bytes)
            parts = [(g, a.index, p) for a in read for g, p in parts_of(a, detection, number)]
            extra = (standing, detection, number)
            folded = _fold(stages, fold_parts, parts, *extra, count=data.pieces)
            shared = {group: part for group, part in folded if not is_profiled(group)}
            own = [(group, part) for group, part in folded if is_profiled(group)]
            profiled = each(make_profile, own, shared, *extra)
            standing = next_standing(standing, profiled, detection)
    with stages.timed("score"):
        scored = each(score, tasks, standing, detection, data.roles, False, size=span_bytes)
    listing = list(listing_parts(standing, detection))
    with stages.timed("calibrate"):
        thresholds = _thresholds(scored, listing, standing, detection, rates.fdr, stages)
    read = each(analyse, tasks, AnalysePlan(store, data.schema, (census,)))
    counts = [("", a.index, a.part(0)) for a in read]
    counted = _fold(stages, fold_states, counts, census, store, count=data.pieces)
    with stages.timed("mark"):
        shards: dict[int, list[Any]] = {}
        for one in sorted(scored, key=lambda s: s.index):
            shards.setdefault(one.shard_index, []).append(one)
        for part in listing:
            limit = thresholds.p_values[part[0]]
            for shard, hits in send_hits(part, standing, detection, limit):
                shards[shard].append(hits)
        marked = each(mark, list(shards.items()), thresholds, detection, MarkPlan(data.roles))
        tallies = [("", m.shard_index, Part(m.tally)) for m in marked]
        tallied = _fold(stages, fold_tallies, tallies, store, count=len(data.names))
    with stages.timed("decide and write"):
        gathered = gather(thresholds, [p for _, p in tallied], [p for _, p in counted])
        raise_failures(gathered.failures)
        known = found(gathered, detection, census, data.roles, shard_rows, rates)
        told = explain(known["findings"], data, gathered.tally, run, False)
        document = findings_document(
            manifest.root,
            rates,
            told,
            known["checks"] + unchecked,
            known["detectors"],
            known["shards"],
            data,
            False,
        )
    return Detected(document, known["marks"], known["subjects"], (), False)


def _thresholds(
    scored: Sequence[Any],
    listing: Sequence[tuple[int, int]],
    standing: Standing,
    detection: Detection,
    rate: float,
    stages: Stages,
) -> Thresholds:
    counts = [(str(i), s.index, Part(name)) for s in scored for i, name in s.names]
    listed = stages.each(count_listed, listing, standing, detection)
    counts += [(str(i), part, one) for (i, part), one in zip(listing, listed, strict=True)]
    most = max(position for _, position, _ in counts) + 1
    summed = _fold(stages, fold_summaries, counts, detection.store, count=most)
    failures = [s.failure for s in scored if s.failure]
    return decide_thresholds(summed, failures, standing, detection, rate)
