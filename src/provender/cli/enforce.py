"""provender enforce: the gate before training."""

from __future__ import annotations

import json
from typing import Any

import click

from provender.cli.options import data_argument, format_option, inputs_of, out_option


@click.command()
@data_argument
@out_option
@click.option("--policy", metavar="FILE", help="policy.yaml: decide again under it, and compare.")
@format_option
def enforce(data: tuple[str, ...], out: str, policy: str | None, format_: str) -> int:
    """Refuse unless the verdict in DIR admits DATA as it lies on disk now.

    Reads every byte of DATA. Without --policy, the verdict is only checked against the documents
    beside it. Exit code 0 admitted, 1 rejected, 3 inconclusive, 5 where data, documents or policy
    are not those of the verdict.
    """
    import datetime

    from provender.provenance.admission import failure_lines
    from provender.work.admission import admission
    from provender.work.deciding import load_policy

    today = datetime.datetime.now(datetime.UTC).date()
    judged = None if policy is None else load_policy(policy)
    found = admission(inputs_of(data), out, judged, today)
    for line in failure_lines(found.failures):
        click.echo(f"provender: {line}", err=True)
    if format_ == "json":
        print(json.dumps(_document(found), indent=2, sort_keys=True))
    else:
        print(found.outcome.value if found.outcome else "refused: trust is broken")
        if not found.decided_again:
            print("not checked: whether the evidence gives this verdict (no --policy)")
    return found.exit_code


def _document(found: Any) -> dict[str, Any]:
    return {
        "outcome": found.outcome.value if found.outcome else None,
        "failures": [vars(failure) for failure in found.failures],
        "manifest_root": found.manifest.root if found.manifest else None,
        "decided_again": found.decided_again,
    }
