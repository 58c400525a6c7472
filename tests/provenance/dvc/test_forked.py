"""A forked ``dvc`` is as one in an interpreter of its own, and leaves nothing to the next."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.provenance.dvc import forked
from tests.provenance.dvc.repository import Repository


@pytest.mark.parametrize("words", [("status", "--json"), ("pull", "nothing")])
def test_it_says_and_returns_what_a_fresh_one_does(
    repository: Repository, words: tuple[str, ...]
) -> None:
    given = {"cwd": repository.folder, "env": repository.environment, "capture_output": True}
    fresh = subprocess.run([sys.executable, "-m", "dvc", *words], text=True, **given)
    found = forked.dvc(words, repository.folder, repository.environment)
    assert found.stdout + found.stderr
    assert (found.returncode, found.stdout, found.stderr) == (
        fresh.returncode,
        fresh.stdout,
        fresh.stderr,
    )
