"""What a scan found, as in-toto statements about the sealed manifest.

Validation, detection and, if there was one, the red team become test results
(in-toto.io/attestation/test-result/v0.1), the verdict a verification summary
(slsa.dev/verification_summary/v1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from provender import __version__
from provender.core.canonical import canonical_json
from provender.core.digest import digest_of, sha256_hex
from provender.core.manifest import Manifest
from provender.core.statement import (
    EVIDENCE,
    EvidenceEntry,
    payload_digest,
    statement,
)
from provender.core.verdict import Outcome
from provender.errors import IntegrityError
from provender.io.outputs import OutputFolder
from provender.provenance.admission import Failure
from provender.provenance.record import Record, binding_failures, read_record
from provender.work.redteam.page import read_redteam
from provender.work.validation import validation_document

_MEND = "scan the data again, then seal"


@dataclass(frozen=True)
class Evidence:
    """One statement, and how the seal lists it."""

    entry: EvidenceEntry
    payload: bytes


def evidence_of(folder: Path, manifest: Manifest) -> tuple[Evidence, ...]:
    """Return statements of the documents in ``folder`` about ``manifest``.

    Raises:
        IntegrityError: when they do not belong together, or are about other data.
        InputError: when what a red team found is damaged.
        StoreError: when one cannot be read.
    """
    record = read_record(folder)
    if isinstance(record, Failure):
        raise IntegrityError(str(folder), record.message, _MEND)
    if record.manifest.digest != manifest.digest:
        raise IntegrityError(str(folder), "holds evidence about other data", _MEND)
    validation = record.validation or validation_document(manifest.root, None, [])
    record = replace(record, validation=validation)
    failures = list(binding_failures(record))
    if failures:
        raise IntegrityError(str(folder), "; ".join(f.message for f in failures), _MEND)
    about = sha256_hex(manifest.canonical)
    tests = (
        _test_result("validation", about, validation, _answers(validation)),
        _test_result("detection", about, record.findings, _detections(record.findings)),
    )
    return (*tests, *_redteam(folder, about, manifest), _verdict(about, record, tests))


def _redteam(folder: Path, about: str, manifest: Manifest) -> tuple[Evidence, ...]:
    """Return what a red team found in the data; it decides nothing, so no verdict names it."""
    found = read_redteam(OutputFolder(folder))
    if found is None:
        return ()
    same = (manifest.root, f"sha256:{manifest.multiset}")
    if (found["manifest_root"], found["multiset"]) != same:
        mend = "run `provender redteam` again, or take redteam.json away"
        raise IntegrityError(str(folder), "holds a red team's findings about other data", mend)
    return (_test_result("redteam", about, found, _attacked(found)),)


def _test_result(
    name: str, about: str, document: Mapping[str, Any], outcomes: Mapping[str, str]
) -> Evidence:
    result = next((r for r in ("FAILED", "WARNED") if r in outcomes.values()), "PASSED")
    predicate = {
        "result": result,
        "configuration": [{"name": document["version"], "digest": _digest(digest_of(document))}],
        **{
            f"{outcome.lower()}Tests": sorted(t for t, o in outcomes.items() if o == outcome)
            for outcome in ("PASSED", "WARNED", "FAILED")
        },
    }
    return _evidence(name, about, predicate, result, None)


def _answers(validation: Mapping[str, Any]) -> dict[str, str]:
    """Return the outcome of each expectation; what could not be checked is a warning."""
    told = {True: "PASSED", False: "FAILED", None: "WARNED"}
    return {
        f"{number}/{r['expectation']}": told[r["success"]]
        for number, r in enumerate(validation["results"])
    }


def _detections(findings: Mapping[str, Any]) -> dict[str, str]:
    """Return the outcome of each check; whether a finding rejects is for the verdict to say."""
    outcomes = {
        c["id"]: "PASSED" if c["status"] == "checked" else "WARNED" for c in findings["checks"]
    }
    return outcomes | {f["rule"]: "WARNED" for f in findings["findings"]}


def _attacked(found: Mapping[str, Any]) -> dict[str, str]:
    """Return the outcome of each attack; a blind spot or a trial that is missing is a warning."""
    outcomes = {f"{c['attack']}/{c['arm']}": "PASSED" for c in found["curves"]}
    unsure = (*found["blind_spots"], *(m for m in found["not_measured"] if m["attack"]))
    return outcomes | {f"{one['attack']}/{one['arm']}": "WARNED" for one in unsure}


def _verdict(about: str, record: Record, tests: Sequence[Evidence]) -> Evidence:
    policy = record.verdict["policy_digest"]
    inputs = [
        {"uri": f"{t.entry.name}.dsse.json", "digest": _digest(t.entry.digest)} for t in tests
    ]
    result = "PASSED" if record.outcome is Outcome.ADMIT else "FAILED"
    predicate = {
        "verifier": {"id": "urn:provender", "version": {"provender": __version__}},
        "resourceUri": f"urn:provender:manifest:{record.manifest.root}",
        "policy": {"digest": _digest(policy)},
        "inputAttestations": [
            *inputs,
            {"uri": "verdict.json", "digest": _digest(digest_of(record.verdict))},
        ],
        "verificationResult": result,
        "verifiedLevels": [f"PROVENDER_{record.outcome.value.upper()}"],
    }
    return _evidence("verdict", about, predicate, result, policy)


def _evidence(
    name: str, about: str, predicate: Mapping[str, Any], result: str, policy: str | None
) -> Evidence:
    payload = canonical_json(statement(about, EVIDENCE[name], predicate))
    return Evidence(EvidenceEntry(name, payload_digest(payload), result, policy), payload)


def _digest(digest: str) -> dict[str, str]:
    return {"sha256": digest.removeprefix("sha256:")}
