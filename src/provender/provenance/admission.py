"""What enforcing gives: the outcome that holds, or everything that keeps it from holding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provender.core.manifest import Manifest
from provender.core.verdict import Outcome
from provender.errors import EXIT_BROKEN_TRUST, IntegrityError, ProvenderError

_NAMED = 10


@dataclass(frozen=True)
class Failure:
    """One reason not to train.

    Attributes:
        kind: 'verdict', 'manifest', 'findings', 'validation', 'policy', 'decision', 'waiver',
            'shard-missing', 'shard-added' or 'shard-changed' where trust is broken; 'reject' or
            'inconclusive' where a verdict that holds says so.
        message: one line.
        shard: the shard it is about.
    """

    kind: str
    message: str
    shard: str | None = None


@dataclass(frozen=True)
class Admission:
    """Whether data may be fed to training.

    Attributes:
        outcome: the verdict's; None where trust is broken, whatever the verdict says.
        failures: why not; empty exactly when the outcome is ADMIT.
        manifest: what was compared with the data; None where there is none to be had.
        decided_again: whether a policy was at hand to make the decision again from its evidence.
    """

    outcome: Outcome | None
    failures: tuple[Failure, ...]
    manifest: Manifest | None
    decided_again: bool

    @property
    def exit_code(self) -> int:
        """0 admitted, 1 rejected, 3 inconclusive, 5 trust broken."""
        return EXIT_BROKEN_TRUST if self.outcome is None else self.outcome.exit_code


class NotAdmittedError(ProvenderError):
    """A verdict that holds does not admit the data."""

    def __init__(self, subject: str, cause: str, mend: str, exit_code: int) -> None:
        super().__init__(subject, cause, mend)
        self.exit_code = exit_code


def refuse_unless_admitted(admission: Admission, subject: str) -> Manifest:
    """Return the manifest of the admitted data.

    Raises:
        IntegrityError: when trust is broken.
        NotAdmittedError: when the verdict is reject (exit code 1) or inconclusive (3).
    """
    if admission.outcome is Outcome.ADMIT and admission.manifest is not None:
        return admission.manifest
    cause = "; ".join(failure_lines(admission.failures))
    if admission.outcome is None:
        raise IntegrityError(subject, cause, "find out what changed, then scan the data again")
    raise NotAdmittedError(
        subject,
        f"{admission.outcome.value}: {cause}",
        "look at report.html",
        admission.exit_code,
    )


def failure_lines(failures: Sequence[Failure]) -> list[str]:
    """Return a line for each failure, but at most ten about shards, and how many more."""
    lines = [f.message for f in failures if f.shard is None]
    shards = [f.message for f in failures if f.shard is not None]
    lines += shards[:_NAMED]
    if len(shards) > _NAMED:
        lines.append(f"and {len(shards) - _NAMED:,} more shards")
    return lines
