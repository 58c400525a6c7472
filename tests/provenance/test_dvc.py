"""The pipeline in dvc.yaml under real git and real DVC: what DVC overlooks, the gate names."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from provender.provenance.dvc.audit import audit
from provender.provenance.dvc.manifest import load_manifest
from tests.provenance.conftest import ROOT, flip_bit
from tests.provenance.dvc import forked

DATA = Path("data_samples/clean/digits")
SHARD = "digits-3.parquet"


class Project:
    """A copy of what the example needs in a repository of its own, with its own caches."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "project"
        for name in ("dvc.yaml", ".dvcignore", ".dvc/config", ".dvc/.gitignore", "expectations"):
            self._copy(Path(name))
        self._copy(Path("examples/train_digits.py"))
        self._copy(DATA)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {f"DVC_{what}_DIR": str(base / what) for what in ("SITE_CACHE", "GLOBAL_CONFIG")}
        own |= {"DVC_SYSTEM_CONFIG_DIR": str(base / "SYSTEM_CONFIG"), "DVC_NO_ANALYTICS": "1"}
        own |= {"PROVENDER_CACHE": str(base / "states"), "PATH": path, "OMP_NUM_THREADS": "1"}
        own |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self.environment = {**os.environ, **own}
        self.run("git", "init", "-q")
        self.commit()

    def _copy(self, name: Path) -> None:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target)
        else:
            shutil.copy(ROOT / name, target)

    def run(self, *command: str, fails: bool = False) -> str:
        """Run ``command`` and return what it said."""
        given = {"cwd": self.folder, "env": self.environment, "capture_output": True}
        return said_by(subprocess.run(command, text=True, **given), fails)

    def dvc(self, *arguments: str, fails: bool = False) -> str:
        return said_by(forked.dvc(arguments, self.folder, self.environment), fails)

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments)

    def commit(self) -> None:
        who = ("-c", "user.name=tester", "-c", "user.email=tester@example.org")
        self.git("add", "--all")
        self.git(*who, "commit", "-q", "-m", "state")

    def train_alone(self) -> str:
        """Run the training command without any DVC, and expect it to refuse."""
        options = {
            "data": DATA,
            "provenance": "provenance",
            "policy": "expectations/policy.yaml",
            "model": "stolen/model.npz",
            "metrics": "stolen/metrics.json",
        }
        given = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        said = self.run(sys.executable, "examples/train_digits.py", *given, fails=True)
        assert not (self.folder / "stolen").exists()
        return said

    def outcome(self) -> str:
        return json.loads((self.folder / "provenance/verdict.json").read_text())["outcome"]

    def recorded_by_dvc(self, stage: str, out: str) -> bool:
        """Return whether dvc.lock holds the bytes of ``out`` as they are now."""
        lock = yaml.safe_load((self.folder / "dvc.lock").read_text())
        recorded = {o["path"]: o["md5"] for o in lock["stages"][stage]["outs"]}
        return recorded[out] == hashlib.md5((self.folder / out).read_bytes()).hexdigest()


def said_by(done: subprocess.CompletedProcess[str], fails: bool) -> str:
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def stages_run(said: str) -> list[str]:
    return [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project after its first `dvc repro`, committed."""
    project = Project(tmp_path_factory.mktemp("dvc"))
    said = project.dvc("repro")
    assert stages_run(said) == ["fingerprint", "validate", "detect", "decide", "enforce", "train"]
    project.commit()
    return project


@pytest.fixture
def project(trained: Project) -> Iterator[Project]:
    """The trained project; what a test did to it is undone afterwards."""
    yield trained
    trained.git("checkout", "-q", "--", ".")
    trained.git("clean", "-qfd")
    trained.dvc("checkout", "--force")


def test_admitted_data_train_a_model_and_no_news_trains_nothing(project: Project) -> None:
    assert project.outcome() == "admit"
    model = project.folder / "model/digits.npz"
    with np.load(model, allow_pickle=False) as arrays:
        assert arrays["weights"].shape == (10, 64)
    metrics = json.loads((project.folder / "model/metrics.json").read_text())
    assert metrics["accuracy"] > 0.9
    before = model.read_bytes()
    assert stages_run(project.dvc("repro")) == ["enforce"]
    assert model.read_bytes() == before
    assert project.git("status", "--porcelain") == ""


def test_the_audit_reads_what_a_pipeline_left(project: Project, tmp_path: Path) -> None:
    copy = shutil.copytree(project.folder, tmp_path / "copy")
    manifest = load_manifest(copy / "provenance/manifest.json")
    found = audit(copy, manifest=manifest)
    assert (found.outcome, found.findings) == ("verified", ())
    flip_bit(copy / DATA / SHARD)
    found = audit(copy, manifest=manifest)
    path = f"{DATA}/{SHARD}"
    assert {(f.kind, f.path) for f in found.findings} == {
        ("stale", str(DATA)),  # no list of files is kept of an input
        ("manifest-changed", path),
    }


def test_a_flipped_bit_passes_dvc_and_not_the_gate(project: Project) -> None:
    flip_bit(project.folder / DATA / SHARD)
    status = json.loads(project.dvc("status", "--json"))
    assert status == {"enforce": ["always changed"]}
    said = project.dvc("repro", fails=True)
    assert stages_run(said) == ["enforce"]
    assert f"{SHARD}: its bytes are not those that were judged" in said
    refused = json.loads((project.folder / "provenance/enforced.json").read_text())
    assert [f["shard"] for f in refused["failures"]] == [SHARD]
    assert f"{SHARD}: its bytes" in project.train_alone()


def test_a_file_that_dvc_is_told_to_ignore_is_not_ignored_by_the_gate(project: Project) -> None:
    shutil.copy(project.folder / DATA / SHARD, project.folder / DATA / "more.parquet")
    with (project.folder / ".dvcignore").open("a") as file:
        file.write(f"/{DATA}/more.parquet\n")
    assert json.loads(project.dvc("status", "--json")) == {"enforce": ["always changed"]}
    assert "more.parquet: was never judged" in project.train_alone()


def test_planted_rows_are_rejected_and_a_stale_verdict_does_not_help(project: Project) -> None:
    plant_contradictions(project.folder / DATA)
    said = project.dvc("repro", fails=True)
    assert stages_run(said) == ["fingerprint", "validate", "detect", "decide", "enforce"]
    assert "duplicates/contradiction" in said
    assert project.outcome() == "reject"
    assert project.recorded_by_dvc("decide", "provenance/verdict.json")
    assert not project.recorded_by_dvc("enforce", "provenance/enforced.json")

    project.git("checkout", "-q", "--", "provenance", "dvc.lock")
    project.dvc("checkout", "--force")
    assert project.outcome() == "admit"
    said = project.dvc("repro", "--single-item", "train", fails=True)
    assert stages_run(said) == ["train"]
    assert "digits-5.parquet: its bytes are not those that were judged" in said
    assert not (project.folder / "model/digits.npz").exists()


def plant_contradictions(data: Path) -> None:
    """Add 60 records of the first shard to the last one, each with another label."""
    last = data / "digits-5.parquet"
    copies = pq.read_table(data / "digits-0.parquet").slice(0, 60)
    labels = pa.array((copies["label"].to_numpy() + 1) % 10)
    for name, values in (("label", labels), ("id", pa.array(np.arange(9000, 9060)))):
        place, field = copies.schema.get_field_index(name), copies.schema.field(name)
        copies = copies.set_column(place, field, values.cast(field.type))
    pq.write_table(pa.concat_tables([pq.read_table(last), copies]), last)
