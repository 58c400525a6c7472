"""provender scan with a secret key, as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.cli.process import run

KEY = "5a" * 32


def scan(
    samples: Path, folder: Path, out: str, key: str | None
) -> subprocess.CompletedProcess[str]:
    """Scan the sample; states go to one cache for all."""
    env = {**os.environ, "PROVENDER_CACHE": str(folder / "states")}
    env.pop("PROVENDER_SECRET_KEY", None)
    if key is not None:
        env["PROVENDER_SECRET_KEY"] = key
    words = ["scan", samples / "planted/response-link/chat", "--out", folder / out]
    # Under a key in interpreters of their own: no two hash Python's strings alike.
    return run(words, environment=env, fresh=key is not None)


def test_the_trigger_is_found_under_a_key_that_is_told_nowhere(
    samples: Path, tmp_path: Path
) -> None:
    runs = [
        scan(samples, tmp_path, "open", None),
        scan(samples, tmp_path, "keyed", KEY),
        scan(samples, tmp_path, "again", KEY),
    ]
    assert [run.returncode for run in runs] == [1, 1, 1]
    documents = [
        json.loads((tmp_path / out / "findings.json").read_text())
        for out in ("open", "keyed", "again")
    ]
    named = [[f["what"] for f in d["findings"] if f["level"] == "error"] for d in documents]
    assert all("by the way" in names for names in named)
    assert documents[0]["hash_key"] is None
    assert len(documents[1]["hash_key"]) == 16
    assert documents[1] == documents[2]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    raw = bytes.fromhex(KEY)
    assert not any(KEY.encode() in (b := path.read_bytes()) or raw in b for path in written)
    assert not any(KEY in run.stdout + run.stderr for run in runs)


def test_a_broken_key_is_one_line_and_writes_nothing(samples: Path, tmp_path: Path) -> None:
    run = scan(samples, tmp_path, "out", "5a5a")
    assert run.returncode == 4
    assert run.stderr.count("PROVENDER_SECRET_KEY") == 1
    assert "is not 64 hex digits" in run.stderr
    assert not (tmp_path / "out").exists()
