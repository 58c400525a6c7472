"""provender fingerprint, validate, detect: one stage each; they record evidence, decide judges."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from provender.cli.options import (
    data_argument,
    format_option,
    inputs_of,
    out_option,
    role_options,
    roles_of,
    run_options,
    trusted_options,
)
from provender.errors import IntegrityError


def _stage(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that all three stages have."""
    for option in (format_option, run_options, role_options, out_option, data_argument):
        function = option(function)
    return click.pass_obj(function)


@click.command()
@_stage
def fingerprint(beam_options: tuple[str, ...], **options: Any) -> int:
    """Write DIR/manifest.json: what DATA is, by bytes and by rows.

    Shards whose bytes are known are not decoded again.
    """
    from pipelines.fingerprint import fingerprint as run_fingerprint
    from pipelines.fingerprint import survey
    from provender.cli.running import running
    from provender.io.outputs import OutputFolder, write_json

    with _run(running, options, beam_options) as run:
        data = survey(inputs_of(options["data"]), roles_of(options), run)
        manifest, read = run_fingerprint(data, run)
    with OutputFolder(options["out"]).staging("manifest.json") as draft:
        write_json(draft / "manifest.json", manifest.document())
    _say(
        options["format_"],
        {
            "manifest_root": manifest.root,
            "rows": manifest.rows,
            "multiset": manifest.multiset,
            "bytes": data.bytes,
            "read": read,
        },
        f"{manifest.rows:,} rows in {len(manifest.shards)} shards ({read['shards_read']} read)\n"
        f"bytes and names   {manifest.root}\nrows, any order   sha256:{manifest.multiset}",
    )
    return 0


@click.command()
@click.option("--suite", metavar="FILE", required=True, help="Great Expectations suite (JSON).")
@_stage
def validate(beam_options: tuple[str, ...], suite: str, **options: Any) -> int:
    """Write DIR/validation.json: one result per expectation, for all shards together.

    Failing records are in DIR/failing.parquet. Exit code 0 whatever the results: they are
    evidence; `provender decide` and `enforce` judge.
    """
    from pipelines.fingerprint import fingerprint as run_fingerprint
    from pipelines.fingerprint import survey
    from pipelines.validate import read_suite, write_validation
    from pipelines.validate import validate as run_validate
    from provender.cli.running import running
    from provender.expect.analysis import ExpectationAnalysis
    from provender.io.outputs import OutputFolder

    folder = OutputFolder(options["out"])
    with _run(running, options, beam_options) as run:
        expected = read_suite(suite)
        data = survey(inputs_of(options["data"]), roles_of(options), run)
        bound = ExpectationAnalysis(expected, data.schema)
        manifest, _ = run_fingerprint(data, run, (bound,))
        _same_data(folder, manifest.root)
        found = run_validate(data, manifest, bound, run)
    with folder.staging() as draft:
        write_validation(draft, found, run.store)
    results = found.document["results"]
    failed = [r for r in results if r["success"] is False]
    undone = [r for r in results if r["success"] is None]
    lines = [
        f"{len(results)} expectations: {len(failed)} failed, {len(undone)} could not be checked"
    ]
    lines += [f"  failed: {r['expectation']} {json.dumps(r['kwargs'])[:100]}" for r in failed]
    lines += [f"  not checked: {r['expectation']} ({r['reason']})" for r in undone]
    _say(options["format_"], found.document, "\n".join(lines))
    return 0


@click.command()
@click.option("--policy", metavar="FILE", help="policy.yaml: its rates of false alarms are used.")
@trusted_options
@click.option("--scores", is_flag=True, help="Also write every row's score to DIR/scores/.")
@click.option("--show-content", is_flag=True, help="Let examples carry what rows hold.")
@_stage
def detect(
    beam_options: tuple[str, ...],
    policy: str | None,
    trusted: tuple[str, ...],
    trusted_root: str | None,
    scores: bool,
    show_content: bool,
    **options: Any,
) -> int:
    """Write DIR/findings.json and DIR/suspects.parquet.

    Rows that failed expectations (DIR/failing.parquet) are listed among the suspects. Exit code
    0 whatever was found: `provender decide` and `enforce` judge.
    """
    from pipelines.detect import detect as run_detect
    from pipelines.detect import first_analyses, write_documents
    from pipelines.fingerprint import fingerprint as run_fingerprint
    from pipelines.fingerprint import survey
    from pipelines.trusted import trust
    from provender.cli.running import running
    from provender.io.outputs import OutputFolder
    from provender.work.deciding import load_policy
    from provender.work.suspects import read_failing
    from provender.work.trusted import TrustRequest

    folder, rates = OutputFolder(options["out"]), load_policy(policy).rates
    believed = TrustRequest.of(trusted, trusted_root)
    with _run(running, options, beam_options) as run:
        data = survey(inputs_of(options["data"]), roles_of(options), run)
        known = trust(believed, data, run)
        manifest, _ = run_fingerprint(data, run, first_analyses(data, known))
        _same_data(folder, manifest.root)
        found = run_detect(data, manifest, run, rates, scores, show_content, trusted=known)
        with folder.staging() as draft:
            write_documents(draft, found, run, read_failing(folder))
    findings = found.document["findings"]
    lines = [f"{len(findings)} findings"]
    lines += [f"  {f['level']:8} {f['rule']}: {f['message']}" for f in findings]
    _say(options["format_"], found.document, "\n".join(lines))
    return 0


def _run(running: Any, options: dict[str, Any], beam_options: tuple[str, ...]) -> Any:
    return running(options["workers"], options["cache"], options["resume"], beam_options)


def _same_data(folder: Any, root: str) -> None:
    """Refuse to put evidence about these data beside a manifest of others."""
    from provender.work.baseline import read_manifest

    if folder.read("manifest.json") is None:
        return
    recorded = read_manifest(folder.uri).root
    if recorded != root:
        raise IntegrityError(
            folder.place("manifest.json"),
            "is of other data than DATA is now",
            "run `provender fingerprint` again, and find out what changed with `provender diff`",
        )


def _say(format_: str, value: dict[str, Any], text: str) -> None:
    print(json.dumps(value, indent=2, sort_keys=True) if format_ == "json" else text)
