"""What the red team says of a copy is what `provender scan` says of the same copy."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

import pipelines.redteam as stage
from pipelines.fingerprint import survey
from pipelines.run import Run
from pipelines.scan import ScanRequest, scan
from pipelines.trusted import trust
from provender.core.shard import Roles
from provender.io.states import StateStore
from provender.work.deciding import load_policy
from provender.work.redteam.copies import Base, lay_copy
from provender.work.redteam.trial import ANNOTATOR, HALF, SOURCE, SPREAD, Trial
from provender.work.trusted import Trusted, TrustRequest
from tests.cli.process import provender
from tests.pipelines.redteam_data import write_corpus

ROLES = Roles(text="text", label="label", source="source", annotator="annotator")
POLICY = """version: 1
fdr: 0.05
alarm_rate: 0.05
rules:
  "trusted/*": {max_rows: 3}
  "text/label-conflict": {level: note}
"""


@pytest.fixture(scope="module")
def vouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vouched")
    return write_corpus(folder / "data", shards=2, rows=200, annotator=True, seed=8)


@pytest.fixture(scope="module")
def base(
    tmp_path_factory: pytest.TempPathFactory, vouched: Path
) -> tuple[Base, Trusted, StateStore]:
    """What trials start from; what the trusted data say; the store that holds it."""
    folder = tmp_path_factory.mktemp("base")
    data = write_corpus(folder / "data", rows=200, annotator=True)
    run = Run(StateStore(str(folder / "store")), workers=1)
    surveyed = survey((str(data),), ROLES, run)
    known = trust(TrustRequest((str(vouched),)), surveyed, run)
    assert known
    return stage._base(surveyed, known, folder / "base", run), known, run.store


@pytest.fixture
def judged(base: tuple[Base, Trusted, StateStore], tmp_path: Path) -> Any:
    """Make a trial, lay its copy in ``tmp_path``/copy, and return what the trial stores by rule."""

    def judge(trial: Trial, policy: str | None = None, trusted: bool = False) -> dict[str, Any]:
        start, known, store = base
        bench = stage.Bench(start, load_policy(policy), store, known if trusted else None)
        stage.run_trial(trial, "trial/one", bench)
        lay_copy(start, trial, tmp_path / "copy")
        found: dict[str, Any] = json.loads(store.require("trial/one"))["rules"]
        return found

    return judge


def said(folder: Path, found: dict[str, Any]) -> dict[str, Any]:
    """Return of a scan's documents in ``folder`` what ``found`` has of the same rules."""
    findings = json.loads((folder / "findings.json").read_text("utf-8"))["findings"]
    rejecting = json.loads((folder / "verdict.json").read_text("utf-8"))["rejecting"]
    ranks = ["", "note", "warning", "error"]
    of_scan = {}
    for rule in found:
        real = [f for f in findings if f["rule"] == rule and "lead" not in f["evidence"]]
        level = max((f["level"] for f in real), key=ranks.index, default="")
        of_scan[rule] = {"findings": len(real), "level": level, "rejects": rule in rejecting}
    assert set(rejecting) <= set(found)
    return of_scan


def told(found: dict[str, Any]) -> dict[str, Any]:
    kept = ("findings", "level", "rejects")
    return {rule: {name: one[name] for name in kept} for rule, one in found.items()}


def rejecting(found: dict[str, Any]) -> set[str]:
    return {rule for rule, one in found.items() if one["rejects"]}


@pytest.mark.parametrize(
    ("trial", "rejects"),
    [
        (Trial("rare-word", SPREAD, 15, 0), {"text/label-conflict"}),
        # Notes alone: the built-in policy's limits of copies are what rejects.
        (Trial("flood", SPREAD, 200, 0), {"duplicates/exact-row", "duplicates/near-text"}),
        (Trial("", HALF, 0, 1), set()),
    ],
    ids=("trigger", "flood", "half"),
)
def test_a_trial_is_judged_as_a_scan_of_its_copy(
    judged: Any, tmp_path: Path, trial: Trial, rejects: set[str]
) -> None:
    found = judged(trial)
    request = ScanRequest((str(tmp_path / "copy"),), str(tmp_path / "out"), ROLES)
    run = Run(StateStore(str(tmp_path / "states")), workers=1)
    verdict = scan(request, run, datetime.date(2026, 11, 26)).verdict
    assert told(found) == said(tmp_path / "out", found)
    assert rejecting(found) == rejects
    assert verdict.outcome.exit_code == (1 if rejects else 0)


@pytest.mark.parametrize(
    ("trial", "rejects"),
    [
        (Trial("rare-word", SOURCE, 15, 0), {"sources/own-words"}),
        (Trial("flips-random", ANNOTATOR, 90, 1), {"trusted/label-flips"}),
    ],
    ids=("one source", "one annotator"),
)
def test_and_with_a_policy_and_trusted_data_as_the_command_says_of_it(
    judged: Any, vouched: Path, tmp_path: Path, trial: Trial, rejects: set[str]
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    found = judged(trial, str(policy), trusted=True)
    words: list[object] = ["scan", tmp_path / "copy", "--out", tmp_path / "out"]
    words += ["--cache", tmp_path / "states", "--policy", policy, "--trusted", vouched]
    for role, column in ROLES.given().items():
        words += [f"--{role}", column]
    code, _, why = provender(*words)
    assert code == 1, why
    assert told(found) == said(tmp_path / "out", found)
    assert rejecting(found) == rejects
