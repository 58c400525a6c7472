"""What changed since a scan that is trusted: its manifest against this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provender.core.comparison import compare
from provender.core.finding import Finding, Level
from provender.core.manifest import Manifest
from provender.core.strict_json import strict_json
from provender.errors import InputError, UsageError
from provender.io.remote import first_line
from provender.io.storage import is_address, joined, local_path, read_whole

_MOST_BYTES = 2**30
#: About a million shards.
_MOST_VALUES = 10_000_000


def holds_manifest(place: str) -> bool:
    """Return whether ``place`` is a manifest, or the output folder of a scan, and not data."""
    try:
        return place.endswith(".json") or bool(read_whole(joined(place, "manifest.json")))
    except OSError:
        return False


def read_manifest(path: str | Path) -> Manifest:
    """Return the manifest in a file, or in a scan's output folder (path or fsspec address).

    Raises:
        UsageError: when there is none.
        InputError: when it is damaged, or its store refuses.
    """
    place = str(path)
    if not place.endswith(".json") if is_address(place) else local_path(place).is_dir():
        place = joined(place, "manifest.json")
    try:
        return parse_manifest(read_whole(place), place)
    except OSError as error:
        cause = f"cannot be read ({first_line(error)})"
        refused = is_address(place) and not isinstance(error, FileNotFoundError)
        kind = InputError if refused else UsageError
        raise kind(place, cause, "name a folder that a scan wrote") from error


def parse_manifest(data: bytes, subject: str) -> Manifest:
    """Return the manifest that a file holds.

    Raises:
        InputError: when it is not strict JSON or is damaged.
    """
    return Manifest.from_json(strict_json(data, subject, _MOST_BYTES, _MOST_VALUES), subject)


def baseline_findings(old: Manifest, manifest: Manifest) -> list[dict[str, Any]]:
    """Return a note on what changed since the baseline, and a warning where columns did."""
    change = compare(old, manifest)
    findings = []
    if change.kind != "identical":
        findings.append(
            Finding(
                rule="baseline/change",
                level=Level.NOTE,
                what=change.kind,
                rows=0,
                score=None,
                p_value=None,
                message=f"since the baseline: {change.sentence()}",
                shards=(),
                evidence=change.to_json(),
            ).to_json()
        )
    before = {pair for shard in old.shards for pair in shard.schema}
    after = {pair for shard in manifest.shards for pair in shard.schema}
    if before != after:
        gone = ", ".join(f"{n} ({t})" for n, t in sorted(before - after)) or "none"
        new = ", ".join(f"{n} ({t})" for n, t in sorted(after - before)) or "none"
        findings.append(
            Finding(
                rule="baseline/schema",
                level=Level.WARNING,
                what="columns",
                rows=0,
                score=None,
                p_value=None,
                message=f"columns differ from the baseline's: gone {gone}; new {new}",
            ).to_json()
        )
    return findings
