"""provender decide: a verdict from the evidence in a folder."""

from __future__ import annotations

import json

import click

from provender.cli.options import format_option, out_option
from provender.errors import UsageError


@click.command()
@out_option
@click.option("--policy", metavar="FILE", help="policy.yaml (default: the built-in policy).")
@format_option
def decide(out: str, policy: str | None, format_: str) -> int:
    """Write DIR/verdict.json and DIR/report.html from the evidence in DIR.

    Reads manifest.json, findings.json and validation.json (none: nothing was expected). Exit
    code 0 for any verdict that could be recorded, so that a pipeline keeps it; `provender
    enforce` is the gate.
    """
    from provender.cli.running import today
    from provender.io.outputs import OutputFolder, write_json
    from provender.report.html import render_html
    from provender.work.baseline import read_manifest
    from provender.work.deciding import load_policy, verdict_on
    from provender.work.documents import stored_document
    from provender.work.redteam.page import read_redteam
    from provender.work.validation import validation_document

    folder = OutputFolder(out)
    manifest = read_manifest(out)
    findings = stored_document(folder, "findings.json")
    if findings is None:
        raise UsageError(out, "holds no findings.json", "run `provender detect` first")
    validation = stored_document(folder, "validation.json")
    if validation is None:
        validation = validation_document(manifest.root, None, [])
    redteam = read_redteam(folder)
    verdict = verdict_on(load_policy(policy), manifest, findings, validation, today())
    with folder.staging("verdict.json") as draft:
        write_json(draft / "verdict.json", verdict.to_json())
        page = render_html(manifest.heading(), validation, findings, verdict.to_json(), redteam)
        (draft / "report.html").write_text(page, "utf-8")
    if format_ == "json":
        print(json.dumps(verdict.to_json(), indent=2, sort_keys=True))
    else:
        print(verdict.outcome.value)
        for reason in verdict.reasons:
            print(f"  {reason.rule}: {reason.message} ({reason.limit})")
    return 0
