"""scan: fingerprint, validate, detect and decide; all results appear together."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

from pipelines.detect import Detected, detect, first_analyses, write_documents
from pipelines.fingerprint import fingerprint, survey
from pipelines.quarantine import split
from pipelines.run import Run
from pipelines.trusted import trust
from pipelines.validate import Validation, read_suite, validate, write_validation
from provender.core.manifest import Manifest
from provender.core.shard import Roles
from provender.core.verdict import Verdict, rejected
from provender.expect.analysis import ExpectationAnalysis
from provender.io.outputs import OutputFolder, write_json
from provender.report.html import render_html
from provender.work.baseline import baseline_findings, read_manifest
from provender.work.dataset import DataSet
from provender.work.deciding import evidence_of, load_policy, verdict_on
from provender.work.redteam.page import read_redteam
from provender.work.trusted import TrustRequest


@dataclass(frozen=True)
class ScanRequest:
    """What to scan and how; paths as the user gave them."""

    inputs: tuple[str, ...]
    out: str
    roles: Roles = field(default_factory=Roles)
    suite: str | None = None
    policy: str | None = None
    baseline: str | None = None
    trusted: TrustRequest | None = None
    scores: bool = False
    quarantine: bool = False
    show_content: bool = False


@dataclass(frozen=True)
class Scan:
    """What a scan found; every document is written to the output folder too."""

    data: DataSet
    manifest: Manifest
    validation: Validation
    detected: Detected
    verdict: Verdict
    read: dict[str, int]


def scan(
    request: ScanRequest,
    run: Run,
    today: datetime.date,
    surveyed: Callable[[DataSet], None] = lambda _: None,
) -> Scan:
    """Take the whole path from shards to a verdict.

    Args:
        today: the day that waivers are judged by.
        surveyed: told of the data set before the long work starts.

    Raises:
        ProvenderError: nothing is published then; what was stored is not read again.
    """
    # What was typed wrong is said before the data is read.
    policy = load_policy(request.policy)
    folder = OutputFolder(request.out)
    expected = read_suite(request.suite) if request.suite else None
    baseline = read_manifest(request.baseline) if request.baseline else None
    redteam = read_redteam(folder)
    data = survey(request.inputs, request.roles, run)
    surveyed(data)
    suite = ExpectationAnalysis(expected, data.schema) if expected else None
    with folder.staging("verdict.json") as draft:
        trusted = trust(request.trusted, data, run)
        analyses = first_analyses(data, trusted) + ((suite,) if suite else ())
        manifest, read = fingerprint(data, run, analyses)
        # As text it takes as much again: it is written and let go before findings are there.
        write_json(draft / "manifest.json", manifest.document())
        _ = manifest.digest
        validation = validate(data, manifest, suite, run)
        detected = detect(
            data,
            manifest,
            run,
            policy.rates,
            request.scores,
            request.show_content,
            trusted=trusted,
        )
        if baseline:
            detected.document["findings"] += baseline_findings(baseline, manifest)
        verdict = verdict_on(policy, manifest, detected.document, validation.document, today)
        write_validation(draft, validation, run.store)
        write_documents(draft, detected, run, validation.tables(run.store))
        write_json(draft / "verdict.json", verdict.to_json())
        documents = (manifest.heading(), validation.document, detected.document, verdict.to_json())
        (draft / "report.html").write_text(render_html(*documents, redteam), "utf-8")
        if request.quarantine:
            found, suspects = (validation, detected), draft / "suspects.parquet"
            aside = folder.shared(draft, "quarantine")
            listed = evidence_of(manifest, detected.document, validation.document).findings
            why = rejected(policy, listed, verdict.rejecting, today)
            split(data, manifest, found, why, suspects, aside, run)
    return Scan(data, manifest, validation, detected, verdict, read)
