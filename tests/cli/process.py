"""The command line in a process of its own."""

from __future__ import annotations

import subprocess
import sys


def provender(*words: object) -> tuple[int, str, str]:
    """Return (exit code, stdout, stderr)."""
    command = [sys.executable, "-c", "from provender.cli.main import main; main()"]
    done = subprocess.run([*command, *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr
