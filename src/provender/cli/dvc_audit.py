"""provender dvc-audit: what DVC lets pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from provender.cli.options import format_option

_SHOWN = 100


@click.command("dvc-audit")
@click.argument("repo", default=".", metavar="[REPO]")
@click.option(
    "--remote",
    "remotes",
    multiple=True,
    metavar="NAME",
    help="A remote to read (default: all in .dvc/config); may be given again.",
)
@click.option("--no-remotes", is_flag=True, help="Read no remote.")
@click.option("--manifest", metavar="FILE", help="manifest.json that the data must match.")
@click.option("--data", metavar="FOLDER", help="Folder in REPO that the manifest is of.")
@click.option("--cache", metavar="DIR", help="DVC's cache, where it lies outside REPO.")
@format_option
def dvc_audit(
    repo: str,
    remotes: tuple[str, ...],
    no_remotes: bool,
    manifest: str | None,
    data: str | None,
    cache: str | None,
    format_: str,
) -> int:
    """Hash workspace, cache and remotes of a DVC repository again, and name what DVC lets pass.

    Exit code 0 when all was checked and is right, 5 where something is not what was recorded, 2
    where something could not be checked, 3 where there is nothing to check.
    """
    from provender.beam.progress import Step
    from provender.cli.progress import progress
    from provender.errors import UsageError
    from provender.provenance.dvc.audit import audit
    from provender.provenance.dvc.manifest import load_manifest

    if remotes and no_remotes:
        raise UsageError("--no-remotes", "contradicts --remote", "give one of them")
    if data is not None and manifest is None:
        raise UsageError("--data", "says what a manifest is of", "give --manifest too")
    known = None if manifest is None else load_manifest(Path(manifest))
    with progress() as listener:
        found = audit(
            Path(repo),
            () if no_remotes else remotes or None,
            known,
            data,
            None if cache is None else Path(cache),
            lambda stage, total, done, size: listener(Step(stage, total, done, bytes=size)),
        )
    if format_ == "json":
        print(json.dumps(found.to_json(), indent=2, sort_keys=True))
    else:
        _show(found)
    return found.exit_code


def _show(found: Any) -> None:
    for finding in found.findings[:_SHOWN]:
        print(_plain(f"{finding.kind:16} {finding.path}: {finding.message}"))
    if len(found.findings) > _SHOWN:
        print(f"and {len(found.findings) - _SHOWN:,} more (--format json lists all)")
    for line in found.skipped:
        print(_plain(f"not checked      {line}"))
    remotes = "".join(f", {count:,} in {name}" for name, count in found.remotes.items())
    hashed = f"{found.workspace:,} files, {found.cache:,} objects in the cache{remotes}"
    print(_plain(f"{found.outcome}: {hashed}, {found.bytes:,} bytes"))


def _plain(line: str) -> str:
    """Spell out what could steer a terminal: names may have been written by anybody."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
