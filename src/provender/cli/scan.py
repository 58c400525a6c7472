"""provender scan: from shards to a verdict."""

from __future__ import annotations

import json
import sys
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


@click.command()
@data_argument
@out_option
@role_options
@click.option("--suite", metavar="FILE", help="Great Expectations suite (JSON) to answer.")
@click.option("--policy", metavar="FILE", help="policy.yaml (default: the built-in policy).")
@click.option("--baseline", metavar="DIR", help="Output folder of a trusted earlier scan.")
@trusted_options
@click.option("--scores", is_flag=True, help="Also write every row's score to DIR/scores/.")
@click.option("--quarantine", is_flag=True, help="Also write DIR/quarantine/clean and /rejected.")
@click.option("--show-content", is_flag=True, help="Let examples carry what rows hold.")
@run_options
@format_option
@click.pass_obj
def scan(
    beam_options: tuple[str, ...],
    /,
    data: tuple[str, ...],
    out: str,
    workers: int,
    cache: str | None,
    resume: bool,
    format_: str,
    trusted: tuple[str, ...],
    trusted_root: str | None,
    **options: Any,
) -> int:
    """Check DATA and decide: fingerprint, validate, detect, decide.

    DATA are files, folders, globs or fsspec addresses of Parquet, Arrow, JSONL or CSV shards.
    Roles that are not given are inferred from the columns and printed. What stands behind `--`
    goes to Beam, such as `-- --runner=FlinkRunner`.

    DIR afterwards holds manifest.json, validation.json, findings.json, suspects.parquet,
    verdict.json and report.html.
    """
    from pipelines.scan import ScanRequest
    from pipelines.scan import scan as run_scan
    from provender.cli.running import running, tell_roles, today
    from provender.work.trusted import TrustRequest

    believed = TrustRequest.of(trusted, trusted_root)
    roles = roles_of(options)
    request = ScanRequest(inputs_of(data), out, roles, trusted=believed, **options)
    with running(workers, cache, resume, beam_options) as run:
        found = run_scan(request, run, today(), tell_roles)
    verdict = found.verdict
    if format_ == "json":
        print(json.dumps(_summary(found, out), indent=2, sort_keys=True))
    else:
        from rich.console import Console

        from provender.io.outputs import OutputFolder
        from provender.report.terminal import render_terminal

        read = found.read
        print(
            f"{found.data.rows:,} rows in {read['shards']} shards; "
            f"{read['shards_read']} shards read, the others known from before",
            file=sys.stderr,
        )
        render_terminal(
            found.detected.document,
            verdict.to_json(),
            found.validation.document,
            Console(),
            OutputFolder(out).place("report.html"),
        )
    return verdict.outcome.exit_code


def _summary(found: Any, out: str) -> dict[str, Any]:
    findings = found.detected.document["findings"]
    verdict = found.verdict
    return {
        "outcome": verdict.outcome.value,
        "exit_code": verdict.outcome.exit_code,
        "reasons": [vars(reason) for reason in verdict.reasons],
        "findings": {
            level: sum(1 for f in findings if f["level"] == level)
            for level in ("error", "warning", "note")
        },
        "not_checked": [c.to_json() for c in verdict.coverage if c.status != "checked"],
        "manifest_root": verdict.manifest_root,
        "rows": verdict.rows,
        "shards": verdict.shards,
        "bytes": found.data.bytes,
        "roles": found.data.roles.given(),
        "inferred_roles": list(found.data.inferred),
        "read": found.read,
        "out": out,
    }
