"""Whether data on disk is what a verdict admitted; training code calls ``require_admitted``."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from provender.core.manifest import Manifest
from provender.core.policy import Policy
from provender.errors import InputError
from provender.io.discover import discover
from provender.provenance.admission import Admission, Failure, refuse_unless_admitted
from provender.provenance.record import Record, binding_failures, read_record, waiver_failures
from provender.provenance.shards import shard_failures
from provender.work.deciding import load_policy, verdict_on
from provender.work.validation import validation_document


def require_admitted(
    data: str | Path | Sequence[str],
    folder: str | Path,
    policy: str | Path | None = None,
) -> Manifest:
    """Return the manifest of the data, if a verdict in ``folder`` admits exactly these bytes.

    Args:
        data: what was scanned: a folder, file, glob or fsspec address, or several of them.
        folder: where manifest.json, findings.json, validation.json and verdict.json lie, a path or
            an fsspec address.
        policy: the policy file; with it, the decision is made again and must come out the same.

    Raises:
        IntegrityError: when data, documents or policy are not what the verdict is about.
        NotAdmittedError: when the verdict holds and is reject or inconclusive.
        ProvenderError: when something cannot be read.
    """
    inputs = (str(data),) if isinstance(data, str | Path) else tuple(data)
    judged = None if policy is None else load_policy(str(policy))
    today = datetime.datetime.now(datetime.UTC).date()
    return refuse_unless_admitted(admission(inputs, str(folder), judged, today), str(folder))


def admission(
    data: Sequence[str], folder: str, policy: Policy | None, today: datetime.date
) -> Admission:
    """Compare data, documents, policy and day with the verdict in ``folder``.

    Raises:
        ProvenderError: when something is there but cannot be read.
    """
    refs = discover(data)
    record = read_record(folder)
    if isinstance(record, Failure):
        return Admission(None, (record,), None, False)
    manifest = record.manifest
    if record.validation is None:
        record = replace(record, validation=validation_document(manifest.root, None, []))
    failures = [*binding_failures(record), *waiver_failures(record, today)]
    decided_again = policy is not None and not failures
    if policy is not None and not failures:
        failures += _decided_otherwise(record, policy, today)
    failures += shard_failures(manifest, refs)
    if failures:
        return Admission(None, tuple(failures), manifest, decided_again)
    reasons = tuple(
        Failure(record.outcome.value, f"{r.rule}: {r.message} ({r.limit})") for r in record.reasons
    )
    return Admission(record.outcome, reasons, manifest, decided_again)


def _decided_otherwise(record: Record, policy: Policy, today: datetime.date) -> list[Failure]:
    """Return why the verdict is not what ``policy`` makes of the evidence, if it is not."""
    if record.verdict.get("policy_digest") != policy.digest:
        return [Failure("policy", "the policy is not the one that the verdict was made under")]
    try:
        verdict = verdict_on(
            policy, record.manifest, record.findings, record.validation or {}, today
        )
    except InputError as error:
        return [Failure("decision", str(error))]
    again = verdict.to_json()
    if again == record.verdict:
        return []
    if again["outcome"] != record.outcome.value:
        cause = f"the evidence gives {again['outcome']}, verdict.json says {record.outcome.value}"
        return [Failure("decision", cause)]
    return [Failure("decision", "verdict.json is not what the policy makes of the evidence")]
