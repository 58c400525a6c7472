"""The documents beside a verdict: read, and checked to belong together."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provender.core.digest import digest_of
from provender.core.manifest import Manifest
from provender.core.verdict import Outcome, Reason, verdict_summary
from provender.errors import InputError
from provender.io.outputs import OutputFolder
from provender.provenance.admission import Failure


@dataclass(frozen=True)
class Record:
    """A verdict, and what it says it was made from.

    Attributes:
        validation: None where validation.json is missing (no suite was answered).
        reasons: the verdict's.
    """

    manifest: Manifest
    findings: dict[str, Any]
    validation: dict[str, Any] | None
    verdict: dict[str, Any]
    outcome: Outcome
    reasons: tuple[Reason, ...]


def read_record(folder: str | Path) -> Record | Failure:
    """Return the documents in ``folder``, or the first thing that is wrong with one of them.

    Raises:
        StoreError: when a file is there but cannot be read.
    """
    found: dict[str, dict[str, Any] | None] = {}
    for name in ("verdict", "manifest", "findings", "validation"):
        raw = OutputFolder(folder).read(f"{name}.json")
        if raw is None:
            if name != "validation":
                return Failure(name, f"{name}.json is missing")
            found[name] = None
            continue
        try:
            value = json.loads(raw)
            digest_of(value)
        except (ValueError, RecursionError):
            return Failure(name, f"{name}.json is not JSON")
        if not isinstance(value, dict):
            return Failure(name, f"{name}.json is not a JSON object")
        found[name] = value
    verdict, findings = found["verdict"] or {}, found["findings"] or {}
    try:
        outcome, _ = verdict_summary(verdict, "verdict.json")
        reasons = tuple(Reason(**reason) for reason in verdict["reasons"])
    except (InputError, KeyError, TypeError) as error:
        return Failure("verdict", f"verdict.json is not a verdict ({error})")
    try:
        manifest = Manifest.from_json(found["manifest"], "manifest.json")
    except InputError as error:
        return Failure("manifest", str(error))
    if found["manifest"] != manifest.to_json():
        return Failure("manifest", "manifest.json says more or other than its shards' entries give")
    return Record(manifest, findings, found["validation"], verdict, outcome, reasons)


def binding_failures(record: Record) -> Iterator[Failure]:
    """Yield where the verdict is of other data or evidence, or contradicts itself."""
    verdict, manifest = record.verdict, record.manifest
    if verdict["manifest_root"] != manifest.root:
        yield Failure("manifest", "verdict.json is about other data than manifest.json")
    elif verdict.get("manifest_digest") != manifest.digest:
        yield Failure(
            "manifest", "manifest.json is not the document that verdict.json was made from"
        )
    elif (verdict.get("rows"), verdict.get("shards")) != (manifest.rows, len(manifest.shards)):
        yield Failure("verdict", "verdict.json counts other rows or shards than manifest.json")
    for name, value in (("findings", record.findings), ("validation", record.validation)):
        if verdict.get(f"{name}_digest") != digest_of(value):
            yield Failure(name, f"{name}.json is not what the verdict was made from")
    implied = Outcome.ADMIT
    if record.reasons:
        implied = Outcome.REJECT if verdict.get("rejecting") else Outcome.INCONCLUSIVE
    if record.outcome is not implied:
        yield Failure(
            "verdict",
            f"verdict.json says {record.outcome.value}, but its reasons mean {implied.value}",
        )


def waiver_failures(record: Record, today: datetime.date) -> Iterator[Failure]:
    """Yield the waivers that the verdict leans on and that have expired by ``today``."""
    try:
        waived = [
            (str(w["rule"]), str(w["owner"]), datetime.date.fromisoformat(w["expires"]))
            for w in record.verdict["waived"]
        ]
    except (KeyError, TypeError, ValueError):
        yield Failure("verdict", "verdict.json lists its waivers in no known form")
        return
    for rule, owner, expires in sorted(set(waived)):
        if today > expires:
            yield Failure("waiver", f"the waiver of {rule} by {owner} expired on {expires}")
