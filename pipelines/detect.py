"""detect: rounds of reads fold into profiles, rows are scored, calibrated and marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import AsList, AsSingleton

from pipelines.arguments import standalone
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run, keep_result
from provender.beam.transforms import CallEach, Once, elements
from provender.core.canonical import pretty_json
from provender.core.finding import Check, Finding
from provender.core.manifest import Manifest
from provender.core.shard import ShardFailure
from provender.detect.base import DataView, Detector
from provender.detect.registry import bind_all
from provender.io.outputs import OutputFolder
from provender.io.states import StateStore
from provender.stats.analysis import Analysis
from provender.work.analyse import AnalysePlan, analyse, span_bytes
from provender.work.census import census_of
from provender.work.dataset import DataSet, raise_failures
from provender.work.documents import findings_document
from provender.work.fold import BLOCK, blocks
from provender.work.gathering import Gathering, gather
from provender.work.mark import Marked, MarkPlan, mark
from provender.work.rounds import (
    Detection,
    fold_block,
    make_profiles,
    next_detection,
    plan_round,
    read_round,
)
from provender.work.score import Scored, score
from provender.work.suspects import write_scores, write_suspects
from provender.work.thresholds import Thresholds, decide_thresholds, summarise_block


@dataclass(frozen=True)
class Detected:
    """What the pipeline found.

    Attributes:
        document: findings.json as JSON values.
        marks: (shard name, store name of its flagged rows), in canonical order.
        scores: (shard name, rule, store name of kept scores), when every score was kept.
    """

    document: dict[str, Any]
    marks: tuple[tuple[str, str], ...]
    scores: tuple[tuple[str, str, str], ...]
    keep_all: bool


def detectors_for(data: DataSet) -> tuple[tuple[Detector, ...], list[Check]]:
    """Return the detectors that can run on this data, and a line for each that cannot."""
    return bind_all(DataView(data.schema, data.roles))


def first_analyses(data: DataSet) -> tuple[Analysis[Any], ...]:
    """Return what detection computes in its first read, so that fingerprint can do it too."""
    detectors, _ = detectors_for(data)
    return (*(d.analysis(0, None) for d in detectors), census_of(data))


def detect(
    data: DataSet,
    manifest: Manifest,
    run: Run,
    rate: float,
    keep_all: bool = False,
    show_content: bool = False,
) -> Detected:
    """Run every detector over ``data``.

    Args:
        rate: false discovery rate over rows, per rule.
        keep_all: keep every row's score, not only the improbable ones.
        show_content: let examples carry what rows hold.

    Raises:
        ProvenderError: naming a shard that cannot be read (any more).
    """
    detectors, unchecked = detectors_for(data)
    tasks, shard_rows = data.tasks(), data.shard_rows()
    starts = tuple(by_shard[0].first_row for by_shard in data.tasks_by_shard())
    start = Detection(run.store, data.schema, detectors, data.rows, starts, run.fresh)
    plan = MarkPlan(data.roles, keep_all, show_content)
    census = census_of(data)
    counting = AnalysePlan(run.store, data.schema, (census,))

    def build(root: beam.Pipeline, result: str) -> None:
        pieces = elements(root, "List pieces", tasks)
        runs = elements(root, "List blocks", enumerate(map(tuple, blocks(tasks, BLOCK))))
        standing: Any = root | "Begin" >> beam.Create([start])
        for number in range(max((d.rounds for d in detectors), default=0)):
            standing = _round(root, pieces, runs, standing, len(detectors), number)
        scored = pieces | "Score rows" >> CallEach(
            score, AsSingleton(standing), data.roles.label, keep_all, stage="score", size=span_bytes
        )
        summaries = runs | "Count scores" >> CallEach(
            summarise_block, AsList(scored), AsSingleton(standing)
        )
        thresholds = root | "Calibrate" >> Once(
            _thresholds, AsList(summaries), AsList(scored), AsSingleton(standing), rate
        )
        counted = pieces | "Count classes and sources" >> CallEach(analyse, counting)
        marked = elements(root, "List shards", data.tasks_by_shard()) | "Mark rows" >> CallEach(
            mark, AsSingleton(thresholds), plan, stage="mark"
        )
        _ = root | "Keep findings" >> Once(
            _keep,
            AsSingleton(thresholds),
            AsList(marked),
            AsList(scored),
            AsList(counted),
            Gathering(tasks, census, data, shard_rows, rate, keep_all),
            run.store,
            result,
        )

    value = run.execute(build, data.bytes)
    raise_failures([ShardFailure(**f) for f in value["failures"]])
    document = findings_document(
        manifest.root,
        rate,
        [Finding.from_json(f) for f in value["findings"]],
        [Check.from_json(c) for c in value["checks"]] + unchecked,
        value["detectors"],
        value["shards"],
        data,
        show_content,
    )
    return Detected(
        document,
        tuple((n, m) for n, m in value["marks"]),
        tuple((s, r, n) for s, r, n in value["scores"]),
        keep_all,
    )


def _round(
    root: beam.Pipeline,
    pieces: beam.PCollection,
    runs: beam.PCollection,
    standing: Any,
    detectors: int,
    number: int,
) -> beam.PCollection:
    """Read, fold and profile once; return where the detection then stands."""
    plan = standing | f"Plan round {number}" >> beam.Map(plan_round, number)
    analysed = pieces | f"Read round {number}" >> CallEach(
        read_round, AsSingleton(plan), stage=f"round {number}", size=span_bytes
    )
    folded = runs | f"Fold round {number}" >> CallEach(
        fold_block, AsSingleton(plan), AsList(analysed)
    )
    profiles = elements(root, f"List detectors {number}", range(detectors)) | (
        f"Profile round {number}" >> CallEach(make_profiles, AsSingleton(plan), AsList(folded))
    )
    return standing | f"End round {number}" >> beam.Map(
        next_detection, AsList(analysed), AsList(profiles)
    )


def _thresholds(
    blocks_: list[Any], scored: list[Scored], detection: Detection, rate: float
) -> Thresholds:
    failures = [s.failure for s in scored if s.failure]
    return decide_thresholds(blocks_, failures, detection, rate)


def _keep(
    thresholds: Thresholds,
    marked: list[Marked],
    scored: list[Scored],
    counted: list[Any],
    context: Gathering,
    store: StateStore,
    result: str,
) -> str:
    return keep_result(gather(thresholds, marked, scored, counted, context), store, result)


def write_documents(
    draft: Path, found: Detected, run: Run, failing: pa.Table | None = None
) -> None:
    """Write findings.json, suspects.parquet and, where every score was kept, scores/."""
    (draft / "findings.json").write_text(pretty_json(found.document), "utf-8")
    rules = [d["rule"] for d in found.document["detectors"]]
    write_suspects(draft / "suspects.parquet", found.marks, rules, failing, run.store)
    if found.keep_all:
        write_scores(draft / "scores", found.scores, run.store)


def main(argv: Sequence[str] | None = None) -> None:
    """Write findings.json and suspects.parquet for --input into --output."""
    given = standalone("detect", argv)
    data = survey(given.input, given.roles, given.run)
    manifest, _ = fingerprint(data, given.run, first_analyses(data))
    found = detect(data, manifest, given.run, given.fdr, given.scores)
    with OutputFolder(given.output).staging("findings.json") as draft:
        write_documents(draft, found, given.run)


if __name__ == "__main__":
    main()
