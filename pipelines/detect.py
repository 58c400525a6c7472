"""detect: rounds of reads fold into profiles, rows are scored, calibrated and marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import AsList, AsSingleton

from pipelines.arguments import as_command, standalone
from pipelines.explain import explain
from pipelines.fingerprint import fingerprint, survey
from pipelines.judging import folded_census, judged
from pipelines.rounds import standing_after
from pipelines.run import Run, keep_result, pieces_of
from pipelines.trusted import trust
from provender.beam.transforms import Once
from provender.core.finding import Check
from provender.core.manifest import Manifest
from provender.core.policy import Rates
from provender.detect.base import DataView, Detector
from provender.detect.registry import bind_all
from provender.io.outputs import OutputFolder, write_json
from provender.io.states import StateStore
from provender.stats.analysis import Analysis
from provender.work.census import census_of
from provender.work.dataset import DataSet, raise_failures
from provender.work.documents import findings_document
from provender.work.gathering import found, gather
from provender.work.mark import MarkPlan
from provender.work.rounds import Detection, Standing
from provender.work.starts import store_starts
from provender.work.suspects import Subjects, write_scores, write_suspects
from provender.work.trusted import Trusted
from provender.work.wire import from_wire


@dataclass(frozen=True)
class Detected:
    """What the pipeline found.

    Attributes:
        document: findings.json as JSON values.
        marks: (shard name, store name of its flagged rows), in canonical order.
        subjects: what rule and cause numbers there stand for.
        scores: (shard name, rule's number, store name of kept scores), when all were kept.
    """

    document: dict[str, Any]
    marks: Sequence[tuple[str, str]]
    subjects: Subjects
    scores: tuple[tuple[str, int, str], ...]
    keep_all: bool


def detectors_for(
    data: DataSet, trusted: Trusted | None = None
) -> tuple[tuple[Detector, ...], list[Check]]:
    """Return the detectors that can run on this data, and a line for each that cannot."""
    standards = trusted.standards if trusted else None
    return bind_all(DataView(data.view, data.roles, standards))


def first_analyses(data: DataSet, trusted: Trusted | None = None) -> tuple[Analysis[Any], ...]:
    """Return what detection computes in its first read, so that fingerprint can do it too."""
    detectors, _ = detectors_for(data, trusted)
    return (*(d.analysis(0, None) for d in detectors), census_of(data))


def detect(
    data: DataSet,
    manifest: Manifest,
    run: Run,
    rates: Rates,
    keep_all: bool = False,
    show_content: bool = False,
    explaining: bool = True,
    trusted: Trusted | None = None,
) -> Detected:
    """Run every detector over ``data``.

    Args:
        rates: of false alarms.
        keep_all: keep every row's score, not only the improbable ones.
        show_content: let examples carry what rows hold.
        explaining: find context and nearest clean rows for the examples of grave findings.
        trusted: what trusted data say, if there are some.

    Raises:
        ProvenderError: naming a shard that cannot be read (any more).
    """
    detectors, unchecked = detectors_for(data, trusted)
    store, shard_rows, census = run.store, data.shard_rows(), census_of(data)
    starts = store_starts(data.starts(), store)
    detection = Detection(store, data.view, detectors, data.rows, starts, run.fresh)
    plan = MarkPlan(data.roles, keep_all, show_content)

    def build(root: beam.Pipeline, result: str) -> None:
        pieces = pieces_of(root, data, store)
        standing = root | "Begin" >> Once(Standing)
        for number in range(detection.rounds):
            standing = standing_after(root, pieces, standing, detection, number, data.pieces)
        thresholds, tallied = judged(root, pieces, standing, detection, plan, rates.fdr, data)
        counted = folded_census(pieces, data, census, store)
        _ = root | "Keep findings" >> Once(
            _keep, AsSingleton(thresholds), AsList(tallied), AsList(counted), store, result
        )

    gathered = run.execute(build, data.bytes)
    raise_failures(gathered.failures)
    findings = found(gathered, detection, census, data.roles, shard_rows, rates)
    told = findings["findings"]
    if explaining:
        told = explain(told, data, gathered.tally, run, show_content)
    document = findings_document(
        manifest.root,
        rates,
        told,
        findings["checks"] + unchecked,
        findings["detectors"],
        findings["shards"],
        data,
        show_content,
        trusted,
    )
    subjects, scores = findings["subjects"], tuple(findings["scores"])
    return Detected(document, findings["marks"], subjects, scores, keep_all)


def _keep(
    thresholds: bytes,
    tallied: list[tuple[str, bytes]],
    counted: list[tuple[str, bytes]],
    store: StateStore,
    result: str,
) -> str:
    parts = ([from_wire(part) for _, part in found] for found in (tallied, counted))
    return keep_result(gather(from_wire(thresholds), *parts), store, result)


def write_documents(
    draft: Path, found: Detected, run: Run, failing: Iterable[pa.Table] = ()
) -> None:
    """Write findings.json, suspects.parquet and, where every score was kept, scores/."""
    write_json(draft / "findings.json", found.document)
    write_suspects(draft / "suspects.parquet", found.marks, found.subjects, failing, run.store)
    if found.keep_all:
        write_scores(draft / "scores", found.scores, found.subjects, run.store)


def main(argv: Sequence[str] | None = None) -> None:
    """Write findings.json and suspects.parquet for --input into --output."""
    given = standalone("detect", argv)
    data = survey(given.input, given.roles, given.run)
    trusted = trust(given.trusted, data, given.run)
    manifest, _ = fingerprint(data, given.run, first_analyses(data, trusted))
    found = detect(data, manifest, given.run, given.rates, given.scores, trusted=trusted)
    with OutputFolder(given.output).staging("findings.json") as draft:
        write_documents(draft, found, given.run)


if __name__ == "__main__":
    as_command(main)
