"""A forked command is as one in an interpreter of its own, and leaves nothing to the next."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.process import run

NEW_KEY = ("keys", "new", "carol", "--no-passphrase")


@pytest.mark.parametrize(
    "words", [("rules",), ("nothing",), ("verify", "data"), ("diff", "nowhere", "nowhere")]
)
def test_it_says_and_returns_what_a_fresh_one_does(words: tuple[str, ...], tmp_path: Path) -> None:
    forked, fresh = run(words, tmp_path), run(words, tmp_path, fresh=True)
    assert forked.stdout + forked.stderr
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        fresh.returncode,
        fresh.stdout,
        fresh.stderr,
    )


def test_folder_and_environment_are_its_own(samples: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert run(NEW_KEY, tmp_path / name).returncode == 0
        assert (tmp_path / name / "carol.key").exists()
    words = ("fingerprint", samples / "clean" / "digits" / "digits-0.parquet", "--out", "out")
    broken = {**os.environ, "PROVENDER_SECRET_KEY": "5a5a"}
    for environment, code in ((broken, 4), (None, 0), (broken, 4)):
        done = run(words, tmp_path / "one", environment)
        assert done.returncode == code, done.stderr
    assert (tmp_path / "one" / "out" / "manifest.json").exists()
    assert not Path("out").exists()


def test_one_that_takes_too_long_is_killed_and_the_next_one_runs(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(("rules",), tmp_path, timeout=0.001)
    assert run(NEW_KEY, tmp_path).returncode == 0
