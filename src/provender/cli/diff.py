"""provender diff: how two data sets differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from provender.cli.options import format_option, run_options


@click.command()
@click.argument("before")
@click.argument("after")
@run_options
@format_option
@click.pass_obj
def diff(
    beam_options: tuple[str, ...],
    before: str,
    after: str,
    workers: int,
    cache: str | None,
    resume: bool,
    format_: str,
) -> int:
    """Say how AFTER differs from BEFORE: identical, re-encoded, reordered, re-sharded or edited.

    Each is a manifest.json, the output folder of a scan, or data.
    """
    from provender.cli.running import running
    from provender.core.comparison import compare

    with running(workers, cache, resume, beam_options) as run:
        change = compare(_manifest(before, run), _manifest(after, run))
    if format_ == "json":
        print(json.dumps(change.to_json(), indent=2, sort_keys=True))
        return 0
    print(change.sentence())
    for word in ("added", "removed", "changed", "reordered", "reencoded"):
        for name in getattr(change, word):
            print(f"  {word:10} {name}")
    return 0


def _manifest(place: str, run: Any) -> Any:
    from pipelines.fingerprint import fingerprint, survey
    from provender.core.shard import Roles
    from provender.work.baseline import read_manifest

    path = Path(place)
    if path.suffix == ".json" or (path / "manifest.json").is_file():
        return read_manifest(path)
    return fingerprint(survey([place], Roles(), run), run)[0]
