"""The decision: a pure function of policy, manifest, findings, coverage and day."""

from __future__ import annotations

import datetime
import fnmatch
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provender.core.finding import Check, CheckStatus, Finding
from provender.core.policy import Policy, RulePolicy, Waiver
from provender.errors import EXIT_ADMITTED, EXIT_NOT_CHECKED, EXIT_REJECTED, InputError

VERDICT_VERSION = "provender-verdict/1"


class Outcome(StrEnum):
    """Three ways, so never a truth value: only ADMIT lets data through."""

    ADMIT = "admit"
    REJECT = "reject"
    INCONCLUSIVE = "inconclusive"

    @property
    def exit_code(self) -> int:
        """0 admitted, 1 rejected, 3 when a required check was not done."""
        return {
            Outcome.ADMIT: EXIT_ADMITTED,
            Outcome.REJECT: EXIT_REJECTED,
            Outcome.INCONCLUSIVE: EXIT_NOT_CHECKED,
        }[self]


@dataclass(frozen=True)
class Reason:
    """Why the outcome is not ADMIT.

    Attributes:
        limit: the policy's words that were broken, such as 'max_rows 0'.
    """

    rule: str
    message: str
    rows: int
    limit: str


@dataclass(frozen=True)
class Verdict:
    """What was decided, about which data, under which policy, from which evidence."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    waived: tuple[tuple[Finding, Waiver], ...]
    rejecting: tuple[str, ...]
    required: tuple[str, ...]
    coverage: tuple[Check, ...]
    manifest_root: str
    manifest_digest: str
    policy_digest: str
    findings_digest: str
    validation_digest: str
    rows: int
    shards: int

    def to_json(self) -> dict[str, Any]:
        return {
            "version": VERDICT_VERSION,
            "outcome": self.outcome.value,
            "reasons": [vars(r) for r in self.reasons],
            "waived": [
                {
                    "rule": f.rule,
                    "what": f.what,
                    "rows": f.rows,
                    "reason": w.reason,
                    "owner": w.owner,
                    "expires": w.expires.isoformat(),
                }
                for f, w in self.waived
            ],
            "rejecting": list(self.rejecting),
            "required": list(self.required),
            "coverage": [c.to_json() for c in self.coverage],
            "manifest_root": self.manifest_root,
            "manifest_digest": self.manifest_digest,
            "policy_digest": self.policy_digest,
            "findings_digest": self.findings_digest,
            "validation_digest": self.validation_digest,
            "rows": self.rows,
            "shards": self.shards,
        }


@dataclass(frozen=True)
class Evidence:
    """What a decision is made from.

    Attributes:
        manifest_digest: of the whole document; the root leaves out the data set's multiset.
    """

    manifest_root: str
    manifest_digest: str
    rows: int
    shards: int
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]
    findings_digest: str
    validation_digest: str


def decide(policy: Policy, evidence: Evidence, today: datetime.date) -> Verdict:
    """Return the verdict on the data that ``evidence`` is about.

    A required check that did not run makes the outcome inconclusive, which never admits; a
    finding beyond the policy rejects. Expired waivers do not count.
    """
    waived, counted = _parted(policy, evidence.findings, today)
    reasons: list[Reason] = []
    for rule, findings in sorted(counted.items()):
        reasons += _broken(policy, policy.for_rule(rule), rule, findings, evidence.rows)
    rejecting = tuple(sorted({r.rule for r in reasons}))
    missing = _missing(policy, evidence.checks)
    outcome = Outcome.REJECT if reasons else Outcome.INCONCLUSIVE if missing else Outcome.ADMIT
    return Verdict(
        outcome,
        tuple(reasons) + tuple(missing),
        tuple(waived),
        rejecting,
        policy.required,
        evidence.checks,
        evidence.manifest_root,
        evidence.manifest_digest,
        policy.digest,
        evidence.findings_digest,
        evidence.validation_digest,
        evidence.rows,
        evidence.shards,
    )


def rejected(
    policy: Policy, findings: Iterable[Finding], rejecting: Collection[str], today: datetime.date
) -> frozenset[tuple[str, str]]:
    """Return (rule, what) of the findings that are why the data are rejected.

    Where a rule rejects by level, those at `reject_at` and above; where by a limit, all that the
    limit counts. Never one that a waiver in force covers.

    Args:
        rejecting: rules, as in `Verdict`.
    """
    _, counted = _parted(policy, findings, today)
    found: set[tuple[str, str]] = set()
    for rule in rejecting:
        grave = _grave(policy, policy.for_rule(rule), counted[rule])
        found |= {(rule, f.what) for f in grave or counted[rule]}
    return frozenset(found)


def _parted(
    policy: Policy, findings: Iterable[Finding], today: datetime.date
) -> tuple[list[tuple[Finding, Waiver]], dict[str, list[Finding]]]:
    """Return what waivers in force cover, and all else by rule."""
    live = policy.as_of(today).waivers
    waived: list[tuple[Finding, Waiver]] = []
    counted: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        waiver = next((w for w in live if w.covers(finding)), None)
        if waiver is not None:
            waived.append((finding, waiver))
        else:
            counted[finding.rule].append(finding)
    return waived, counted


def _broken(
    policy: Policy, limits: RulePolicy, rule: str, findings: Sequence[Finding], rows: int
) -> list[Reason]:
    if limits.ignore:
        return []
    grave = _grave(policy, limits, findings)
    if grave:
        return [
            Reason(rule, f.message, f.rows, f"reject_at {policy.reject_at.value}") for f in grave
        ]
    flagged = sum(f.rows for f in findings)
    sources: Counter[str] = Counter()
    annotators: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    for finding in findings:
        sources.update(dict(finding.sources))
        annotators.update(dict(finding.annotators))
        classes.update(dict(finding.classes))
    broken = []
    if limits.max_rows is not None and flagged > limits.max_rows:
        broken.append((f"{flagged:,} rows flagged", f"max_rows {limits.max_rows}", flagged))
    if limits.max_share is not None and flagged > limits.max_share * rows:
        share = f"{flagged:,} of {rows:,} rows flagged"
        broken.append((share, f"max_share {limits.max_share:g}", flagged))
    for kind, counts, limit in (
        ("source", sources, limits.max_rows_per_source),
        ("annotator", annotators, limits.max_rows_per_annotator),
        ("class", classes, limits.max_rows_per_class),
    ):
        for name, count in sorted(counts.items()):
            if limit is not None and count > limit:
                text = f"{count:,} rows flagged in {kind} {name}"
                broken.append((text, f"max_rows_per_{kind} {limit}", count))
    return [Reason(rule, text, count, limit) for text, limit, count in broken]


def _grave(policy: Policy, limits: RulePolicy, findings: Iterable[Finding]) -> list[Finding]:
    least = policy.reject_at.rank
    return [f for f in findings if (limits.level or f.level).rank >= least]


def _missing(policy: Policy, checks: Sequence[Check]) -> list[Reason]:
    """Return a reason for each required check that did not run on this data."""
    reasons = []
    for pattern in policy.required:
        matching = [c for c in checks if fnmatch.fnmatchcase(c.id, pattern)]
        done = [c for c in matching if c.status is CheckStatus.CHECKED]
        if done and len(done) == len(matching):
            continue
        undone = next((c for c in matching if c.status is not CheckStatus.CHECKED), None)
        why = f"{undone.id}: {undone.reason}" if undone else "no such check ran"
        reasons.append(Reason(pattern, f"required, but not checked ({why})", 0, "required"))
    return reasons


def verdict_summary(value: Any, subject: str) -> tuple[Outcome, str]:
    """Return (outcome, manifest root) of a verdict document.

    Raises:
        InputError: when it is not one.
    """
    try:
        if value["version"] != VERDICT_VERSION:
            raise ValueError(f"version {value['version']!r}")
        return Outcome(value["outcome"]), str(value["manifest_root"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(subject, f"not a verdict ({error})", "decide again") from error
