"""Parsers of files that anybody may have written raise our errors and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.hostile import WORDS, hostile
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.watch import fed

ROOT = Path(__file__).parents[2]
EACH = pytest.mark.parametrize("target", TARGETS, ids=lambda t: t.name)


@EACH
def test_what_is_well_formed_is_read(target: Target) -> None:
    for seed in target.seeds:
        assert fed(target, seed, "seed").accepted, target.name


@EACH
@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS) | st.binary(max_size=8)).map(b"".join))
def test_any_bytes_are_refused_in_our_words(target: Target, raw: bytes) -> None:
    assert fed(target, raw, repr(raw), 30.0).wrong == ()


@EACH
def test_changed_documents_are_refused_in_our_words(target: Target) -> None:
    for seed in range(1, 400):
        assert fed(target, hostile(target, seed), f"seed {seed}", 30.0).wrong == ()


def test_the_same_seed_gives_the_same_document() -> None:
    assert hostile(TARGETS[0], 7) == hostile(TARGETS[0], 7) != hostile(TARGETS[0], 8)


def alone(code: str, *words: str) -> str:
    """Run code in a process of its own, whose memory is limited and whose files are watched."""
    code = f"from tests.fuzz.watch import *\n{code}"
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_bombs_cost_no_memory() -> None:
    said = alone(
        "from tests.fuzz.targets import TARGETS; from tests.fuzz.hostile import bombs\n"
        "limit_memory(); watch_files()\n"
        "for name, make in bombs():\n"
        "    raw = make(2 * 2**20)\n"
        "    print([w for t in TARGETS for w in fed(t, raw, name, 30.0).wrong])\n"
    )
    assert set(said.split()) == {"[]"}


def test_hostile_repositories_open_nothing_outside(tmp_path: Path) -> None:
    said = alone(
        "import sys; from pathlib import Path; from tests.fuzz.repositories import *\n"
        "base = Path(sys.argv[1]); limit_memory(); watch_files()\n"
        "print([w for n in range(1, 200) for w in fed_repository(base, n, 30.0).wrong])\n",
        str(tmp_path),
    )
    assert said == "[]\n"
