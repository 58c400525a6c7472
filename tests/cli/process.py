"""The command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests import forking

#: The command in an interpreter that has imported nothing yet.
COMMAND = (sys.executable, "-c", "from provender.cli.main import main; main()")


def provender(*words: object, fresh: bool = False) -> tuple[int, str, str]:
    """Return (exit code, stdout, stderr)."""
    done = run(words, fresh=fresh)
    return done.returncode, done.stdout, done.stderr


def run(
    words: Sequence[object],
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
    timeout: float = 300,
    fresh: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run ``provender`` with ``words`` and an empty stdin.

    Args:
        folder: where it starts; this process' working directory if None.
        environment: all of it; this process' if None.
        fresh: start an interpreter, as a user does; else fork one that has imported everything.
    """
    given, folder = [str(word) for word in words], folder or Path.cwd()
    environment = dict(os.environ) if environment is None else environment
    if not fresh:
        return forking.run("tests.cli.forked", given, folder, environment, timeout)
    return subprocess.run(
        [*COMMAND, *given],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
