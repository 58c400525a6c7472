"""Every failure the product reports: one line that names the thing, the cause and the mend.

The exit codes are the product's contract with scripts (docs/cli.md lists them).
"""

from __future__ import annotations

EXIT_ADMITTED = 0
EXIT_REJECTED = 1
EXIT_FAILED = 2
EXIT_NOT_CHECKED = 3
EXIT_USAGE = 4
EXIT_BROKEN_TRUST = 5


class ProvenderError(Exception):
    """A failure with a subject, a cause and a mend.

    Args:
        subject: the file, column, option or resource that the failure is about.
        cause: what is wrong, without a full stop.
        mend: what the reader can do about it, without a full stop.
    """

    exit_code = EXIT_FAILED

    def __init__(self, subject: str, cause: str, mend: str = "") -> None:
        super().__init__(subject, cause, mend)
        self.subject, self.cause, self.mend = subject, cause, mend

    def __str__(self) -> str:
        line = f"{self.subject}: {self.cause}" + (f"; {self.mend}" if self.mend else "")
        return " ".join(line.split())


class InputError(ProvenderError):
    """A data file cannot be read, or the files do not fit together."""


class StoreError(ProvenderError):
    """A result or a cached state cannot be written or read back."""


class WorkerLostError(ProvenderError):
    """A worker process died (killed, or out of memory) before it gave its result."""


class NothingCheckedError(ProvenderError):
    """There was nothing to check: no shard, or no record."""

    exit_code = EXIT_NOT_CHECKED


class UsageError(ProvenderError):
    """An option, a configuration file, a suite or a policy is wrong."""

    exit_code = EXIT_USAGE


class IntegrityError(ProvenderError):
    """Bytes, a digest, a lineage or a verdict is not what was recorded."""

    exit_code = EXIT_BROKEN_TRUST
