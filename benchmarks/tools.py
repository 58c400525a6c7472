"""Other tools beside ours, each in an environment under the benchmark's scratch folder."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path


def installed(scratch: Path, *packages: str) -> Path | None:
    """Return the interpreter of an environment that has ``packages``; None if pip cannot.

    Says on stdout what could not be installed. An environment that is there is used again.
    """
    place = scratch / "-".join(("env", packages[0]))
    python = place / "bin" / "python"
    done = place / "complete"
    if done.exists():
        return python
    venv.create(place, with_pip=True, clear=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    tried = subprocess.run([*command, *packages], capture_output=True, text=True, check=False)
    if tried.returncode:
        print(f"skipped: {packages[0]} cannot be installed ({tried.stderr.strip()[-200:]})")
        return None
    done.touch()
    return python


def worker(python: Path, code: str) -> subprocess.Popen[str]:
    """Start a process that answers each line on its stdin with one on its stdout."""
    return subprocess.Popen(
        [str(python), "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ask(process: subprocess.Popen[str], line: str) -> str:
    """Send one line and wait for its answer."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(line + "\n")
    process.stdin.flush()
    answer = process.stdout.readline().strip()
    if not answer:
        sys.exit(f"the other tool ended at {line!r}")
    return answer
