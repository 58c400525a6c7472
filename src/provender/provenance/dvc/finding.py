"""What an audit says, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from provender.errors import (
    EXIT_ADMITTED,
    EXIT_BROKEN_TRUST,
    EXIT_FAILED,
    EXIT_NOT_CHECKED,
    ProvenderError,
)

#: Kinds that mean: bytes or records are not what was recorded (exit code 5).
BROKEN = (
    "changed",
    "missing",
    "added",
    "ignored",
    "stale",
    "cache",
    "remote",
    "name",
    "refused",
    "collision",
    "manifest-changed",
    "manifest-missing",
    "manifest-added",
)
#: Kinds that mean: could not be checked (exit code 2).
UNCHECKED = ("absent", "legacy", "malformed", "unreadable")


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong, or could not be checked.

    Attributes:
        kind: one of BROKEN or UNCHECKED.
        path: relative to the repository; in a remote '<remote's name>:<object>'.
        message: one clause, without the path.
    """

    kind: str
    path: str
    message: str


@dataclass
class Findings:
    """Collects findings, each once."""

    found: set[Finding] = field(default_factory=set)

    def add(self, kind: str, path: str, message: str) -> None:
        self.found.add(Finding(kind, path, message))

    def refuse(self, error: ProvenderError, broken: str = "refused") -> None:
        """Add what an error says: 'unreadable', or ``broken`` where trust is."""
        kind = broken if error.exit_code == EXIT_BROKEN_TRUST else "unreadable"
        self.add(kind, error.subject, error.cause)


@dataclass(frozen=True)
class AuditResult:
    """What was found, and what was looked at.

    Attributes:
        findings: sorted by kind and path.
        workspace, cache: files hashed there.
        remotes: remote's name → objects hashed there.
        bytes: read altogether.
        skipped: what was not asked for or lies out of reach by design, a line each.
    """

    findings: tuple[Finding, ...]
    workspace: int
    cache: int
    remotes: dict[str, int]
    bytes: int
    skipped: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """'broken', 'unchecked', 'nothing' or 'verified', the first that applies."""
        kinds = {finding.kind for finding in self.findings}
        if kinds & set(BROKEN):
            return "broken"
        if kinds:
            return "unchecked"
        if not (self.workspace or self.cache or any(self.remotes.values())):
            return "nothing"
        return "verified"

    @property
    def exit_code(self) -> int:
        """5 broken, 2 something could not be checked, 3 nothing was there, 0 verified."""
        return {
            "broken": EXIT_BROKEN_TRUST,
            "unchecked": EXIT_FAILED,
            "nothing": EXIT_NOT_CHECKED,
            "verified": EXIT_ADMITTED,
        }[self.outcome]

    def to_json(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome,
            "findings": [vars(finding) for finding in self.findings],
            "hashed": {
                "workspace": self.workspace,
                "cache": self.cache,
                "remotes": self.remotes,
                "bytes": self.bytes,
            },
            "skipped": list(self.skipped),
        }


#: Told of progress: stage, files in it, files done, bytes read for them.
Tell = Callable[[str, int, int, int], None]
