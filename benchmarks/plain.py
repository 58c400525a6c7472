"""The scan without Beam: the same functions of `provender.work`, called by a loop or a plain pool.

What Beam costs is the difference between this and `pipelines.scan` on the same data.
"""

from __future__ import annotations

import contextlib
import datetime
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.calls import Map, With
from pipelines.detect import Detected, detectors_for, first_analyses, write_documents
from pipelines.run import Run
from pipelines.scan import ScanRequest
from pipelines.validate import validate, write_validation
from provender.core.canonical import pretty_json
from provender.core.digest import digest_of
from provender.core.finding import Check, Finding
from provender.core.manifest import Manifest
from provender.core.shard import ShardFailure
from provender.io.discover import discover
from provender.io.outputs import OutputFolder
from provender.report.html import render_html
from provender.work.analyse import AnalysePlan, analyse, span_bytes
from provender.work.census import census_of
from provender.work.dataset import DataSet, data_set, raise_failures
from provender.work.deciding import load_policy, verdict_on
from provender.work.documents import findings_document
from provender.work.fold import BLOCK, blocks
from provender.work.gathering import Gathering, gather
from provender.work.identities import IDENTITY, identities, manifest_of
from provender.work.mark import MarkPlan, mark
from provender.work.rounds import (
    Detection,
    fold_block,
    make_profiles,
    next_detection,
    plan_round,
    read_round,
)
from provender.work.score import score
from provender.work.survey import survey_shard
from provender.work.thresholds import decide_thresholds, summarise_block


@dataclass
class Stages:
    """A map and the seconds that each stage took."""

    map: Map
    seconds: Counter[str] = field(default_factory=Counter)

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
    each = stages.each
    policy = load_policy(request.policy)
    with OutputFolder(request.out).staging("verdict.json") as draft:
        with stages.timed("hash"):
            surveyed = each(
                survey_shard,
                discover(request.inputs),
                run.store,
                run.span_bytes,
                run.fresh,
                size=lambda ref: int(ref.size),
            )
            data = data_set(surveyed, request.roles)
        with stages.timed("fingerprint and round 0"):
            manifest = _fingerprint(data, run, stages)
        validation = validate(data, manifest, None, run)
        detected = _detect(data, manifest, run, policy.fdr, stages)
        with stages.timed("decide and write"):
            findings = detected.document
            verdict = verdict_on(policy, manifest, findings, validation.document, today).to_json()
            known = manifest.to_json()
            (draft / "manifest.json").write_text(pretty_json(known))
            write_validation(draft, validation)
            write_documents(draft, detected, run, validation.failing)
            (draft / "verdict.json").write_text(pretty_json(verdict))
            report = render_html(known, validation.document, findings, verdict)
            (draft / "report.html").write_text(report)
    return Digests(manifest.root, digest_of(findings))


def _fingerprint(data: DataSet, run: Run, stages: Stages) -> Manifest:
    plan = AnalysePlan(run.store, data.schema, first_analyses(data), (IDENTITY,), run.fresh)
    read = stages.each(analyse, data.tasks(), plan, size=span_bytes)
    raise_failures([a.failure for a in read if a.failure])
    shards = [(i, tuple(block)) for i, block in enumerate(blocks(data.tasks_by_shard()))]
    return manifest_of(stages.each(identities, shards, read, run.store))


def _detect(data: DataSet, manifest: Manifest, run: Run, rate: float, stages: Stages) -> Detected:
    each, label = stages.each, data.roles.label
    detectors, unchecked = detectors_for(data)
    tasks, shard_rows = data.tasks(), data.shard_rows()
    starts = tuple(pieces[0].first_row for pieces in data.tasks_by_shard())
    pieces = [(i, tuple(block)) for i, block in enumerate(blocks(tasks, BLOCK))]
    standing = Detection(run.store, data.schema, detectors, data.rows, starts, run.fresh)
    for number in range(max((d.rounds for d in detectors), default=0)):
        with stages.timed("fold round 0" if number == 0 else f"round {number}"):
            plan = plan_round(standing, number)
            read = each(read_round, tasks, plan, size=span_bytes)
            folded = each(fold_block, pieces, plan, read)
            profiles = each(make_profiles, range(len(detectors)), plan, folded)
            standing = next_detection(standing, read, profiles)
    with stages.timed("score"):
        scored = each(score, tasks, standing, label, False, size=span_bytes)
    with stages.timed("calibrate"):
        summaries = each(summarise_block, pieces, scored, standing)
        failures = [s.failure for s in scored if s.failure]
        thresholds = decide_thresholds(summaries, failures, standing, rate)
    census = census_of(data)
    counted = each(analyse, tasks, AnalysePlan(run.store, data.schema, (census,)))
    with stages.timed("mark"):
        marked = each(mark, data.tasks_by_shard(), thresholds, MarkPlan(data.roles))
    with stages.timed("decide and write"):
        context = Gathering(tasks, census, data, shard_rows, rate, False)
        found = gather(thresholds, marked, scored, counted, context)
        raise_failures([ShardFailure(**f) for f in found["failures"]])
        document = findings_document(
            manifest.root,
            rate,
            [Finding.from_json(f) for f in found["findings"]],
            [Check.from_json(c) for c in found["checks"]] + unchecked,
            found["detectors"],
            found["shards"],
            data,
            False,
        )
    return Detected(document, tuple((n, m) for n, m in found["marks"]), (), False)
