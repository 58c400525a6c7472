"""From documents and a policy file to a verdict."""

from __future__ import annotations

import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from provender.core.digest import digest_of
from provender.core.finding import Check, CheckStatus, Finding
from provender.core.manifest import Manifest
from provender.core.policy import Policy, parse_policy
from provender.core.verdict import Evidence, Verdict, decide
from provender.errors import InputError, UsageError
from provender.work.documents import FINDINGS_VERSION, VALIDATION_VERSION
from provender.work.validation import validation_checks, validation_findings


def default_policy_text() -> str:
    """Return the policy that is used when none is given."""
    return resources.files("provender.work").joinpath("default_policy.yaml").read_text("utf-8")


def load_policy(path: str | None) -> Policy:
    """Return the policy in the YAML file at ``path``, or the default one.

    Raises:
        UsageError: when the file is missing, is not YAML or is not a policy.
    """
    subject = path or "the default policy"
    try:
        text = default_policy_text() if path is None else Path(path).read_text("utf-8")
        return parse_policy(yaml.safe_load(text), subject)
    except OSError as error:
        raise UsageError(subject, f"cannot be read ({error.strerror})", "check --policy") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        cause = str(error).splitlines()[0]
        raise UsageError(subject, f"is not YAML ({cause})", "see docs/policy.md") from error


def evidence_of(
    manifest: Manifest, findings: dict[str, Any], validation: dict[str, Any]
) -> Evidence:
    """Bring the documents of a scan together.

    Raises:
        InputError: when a document is of another version, or about other data.
    """
    for name, document, version in (
        ("findings.json", findings, FINDINGS_VERSION),
        ("validation.json", validation, VALIDATION_VERSION),
    ):
        if document.get("version") != version:
            raise InputError(name, f"is not a {version} document", "run the stage again")
        if document.get("manifest_root") != manifest.root:
            raise InputError(name, "is about other data than manifest.json", "run the stage again")
    try:
        found = [Finding.from_json(f) for f in findings["findings"]]
        checks = [Check.from_json(c) for c in findings["checks"]]
        found += validation_findings(validation)
        checks += validation_checks(validation)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "findings.json or validation.json", f"is damaged ({error})", "run the stage again"
        ) from error
    checks.append(Check("identity/manifest", CheckStatus.CHECKED, "", manifest.rows))
    return Evidence(
        manifest.root,
        manifest.digest,
        manifest.rows,
        len(manifest.shards),
        tuple(found),
        tuple(sorted(checks, key=lambda c: c.id)),
        digest_of(findings),
        digest_of(validation),
    )


def verdict_on(
    policy: Policy,
    manifest: Manifest,
    findings: dict[str, Any],
    validation: dict[str, Any],
    today: datetime.date,
) -> Verdict:
    """Return the verdict on what the documents say, under ``policy`` as of ``today``.

    Raises:
        InputError: when the documents do not fit together, or findings were calibrated at other
            rates of false alarms than the policy's.
    """
    for name, wanted in (("fdr", policy.fdr), ("alarm_rate", policy.alarm_rate)):
        if findings.get(name) != wanted:
            raise InputError(
                "findings.json",
                f"was made at {name} {findings.get(name)}, not {wanted}",
                "run `provender detect` with this policy",
            )
    return decide(policy, evidence_of(manifest, findings, validation), today)
