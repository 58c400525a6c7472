"""exec starts its child on sealed, admitted data and on nothing else; real processes throughout."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import COMMAND
from tests.cli.test_seal import OUT, Shell
from tests.provenance.conftest import flip_bit

SEALED = ("--seal", "s/seal.dsse.json", "--trust", "trust.json")
TRAIN = """\
import os, sys
from provender import open_verified
assert "PROVENDER_PASSPHRASE" not in os.environ
data = open_verified()
print("trained on", sum(batch.num_rows for batch in data.batches(sys.argv[1:] or None)))
"""


@pytest.fixture(scope="module")
def admitted(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("exec"))
    shutil.copytree(samples / "clean" / "digits", shell.folder / "data")
    (shell.folder / "policy.yaml").write_text("version: 1\nrequired: [identity/manifest]\n")
    (shell.folder / "train.py").write_text(TRAIN)
    shell.run("keys", "new", "alice")
    words = ("--series", "digits", "--expires", "2099-12-31", "--key", "alice.pub")
    shell.run("trust", "init", *words, "--out", "trust.json")
    shell.run("trust", "sign", "trust.json", "--key", "alice.key")
    shell.run("scan", "data", "--out", "scan", "--policy", "policy.yaml")
    shell.run(
        "seal", "data", "--key", "alice.key", "--series", "digits", "--evidence", "scan", *OUT
    )
    return shell


@pytest.fixture
def shell(admitted: Shell, tmp_path: Path) -> Shell:
    return Shell(shutil.copytree(admitted.folder, tmp_path / "shell"))


def train(shell: Shell, *more: Any, code: int = 0, names: tuple[str, ...] = ()) -> Any:
    child = (sys.executable, "train.py", *names)
    done = shell.run("exec", "data", *SEALED, *more, "--", *child, code=code)
    assert ("trained on" in done.stdout) == (code == 0)
    return done


def test_admitted_data_are_trained_on_and_the_receipt_says_how_far(shell: Shell) -> None:
    keep = ("--receipt", "receipt.dsse.json", "--key", "alice.key")
    done = train(shell, "--require", "admit", "--policy", "policy.yaml", *keep)
    assert done.stdout == "trained on 1797\n"
    assert "6 of 6 shards were read" in done.stderr
    found = shell.verify("--receipt", "receipt.dsse.json", "--all-read")
    assert found["receipt"] == {"whole": 6, "partial": {}, "unread": [], "unsealed": []}
    train(shell, *keep, names=("digits-1.parquet",))
    found = shell.verify("--receipt", "receipt.dsse.json")
    assert (found["receipt"]["whole"], len(found["receipt"]["unread"])) == (1, 5)
    kinds = shell.kinds("--receipt", "receipt.dsse.json", "--all-read")
    assert kinds == ["receipt-unread"] * 5
    shutil.rmtree(shell.folder / "data")
    said = shell.run("verify", *SEALED, "--receipt", "receipt.dsse.json").stdout
    assert "training read 1 shards whole, 0 in part, 5 never" in said


def test_changed_data_start_nothing(shell: Shell) -> None:
    flip_bit(shell.folder / "data" / "digits-3.parquet")
    assert "digits-3.parquet" in train(shell, code=5).stderr
    # With --names-only the child is started, and stops itself.
    script = (sys.executable, "train.py")
    done = shell.run("exec", "data", *SEALED, "--names-only", "--", *script, code=1, strict=False)
    assert "BrokenTrustError" in done.stderr
    flip_bit(shell.folder / "data" / "digits-3.parquet")
    (shell.folder / "data" / "more.jsonl").write_text("{}\n")
    assert "never sealed" in train(shell, "--names-only", code=5).stderr
    (shell.folder / "data" / "more.jsonl").unlink()
    train(shell, "--names-only")


def test_no_verdict_or_one_that_does_not_admit_starts_nothing(shell: Shell) -> None:
    seal = ("seal", "data", "--key", "alice.key", "--series", "digits")
    shell.run(*seal, *OUT)
    assert "lists no verdict" in train(shell, code=3).stderr
    train(shell, "--require", "seal")
    for required, code, word in (("no/rule", 3, "inconclusive"),):
        (shell.folder / "other.yaml").write_text(f"version: 1\nrequired: [{required}]\n")
        shell.run("scan", "data", "--out", "scan", "--policy", "other.yaml", code=code)
        shell.run(*seal, "--evidence", "scan", *OUT)
        assert word in train(shell, code=code).stderr


def test_broken_trust_or_evidence_starts_nothing(shell: Shell) -> None:
    (shell.folder / "other.yaml").write_text("version: 1\nreject_at: error\n")
    assert "another policy" in train(shell, "--policy", "other.yaml", code=5).stderr
    verdict = shell.folder / "s" / "verdict.dsse.json"
    kept = verdict.read_bytes()
    verdict.write_bytes((shell.folder / "s" / "detection.dsse.json").read_bytes())
    assert "verdict.dsse.json" in train(shell, code=5).stderr
    verdict.write_bytes(kept)
    (shell.folder / "trust.json").write_bytes(b"{}")
    train(shell, code=5)
    (shell.folder / "trust.json").unlink()
    train(shell, code=2)


def test_what_makes_no_sense_starts_nothing(shell: Shell) -> None:
    assert "COMMAND" in shell.run("exec", "data", *SEALED, code=4).stderr
    train(shell, "--receipt", "r.json", code=4)
    shell.run("keys", "new", "mallory")
    done = train(shell, "--receipt", "r.json", "--key", "mallory.key", code=4)
    assert "may not sign" in done.stderr
    done = shell.run("exec", "data", *SEALED, "--", "no-such-command", code=2)
    assert "cannot be started" in done.stderr


def test_the_childs_exit_code_is_passed_on(shell: Shell) -> None:
    run = ("exec", "data", *SEALED, "--names-only", "--", sys.executable, "-c")
    shell.run(*run, "raise SystemExit(7)", code=7)
    shell.run(*run, "import os; os.kill(os.getpid(), 9)", code=137)


def test_signals_reach_the_child_and_its_receipt_is_still_written(shell: Shell) -> None:
    script = (
        "import signal, sys, time; from provender import open_verified\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n"
        "open_verified().open('digits-1.parquet').read(1); print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    words = ["exec", "data", *SEALED, "--receipt", "r.json", "--key", "alice.key"]
    process = subprocess.Popen(
        [*COMMAND, *words, "--", sys.executable, "-c", script],
        cwd=shell.folder,
        env={**os.environ, "PROVENDER_PASSPHRASE": "secret"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=50) == 9
    assert len(json.loads((shell.folder / "r.json").read_text())["signatures"]) == 1
