"""A scan of two real shards, and what a test may do to a copy of it."""

from __future__ import annotations

import datetime
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.run import Run
from pipelines.scan import ScanRequest, scan
from provender.core.canonical import pretty_json
from provender.core.finding import Finding, Level
from provender.io.states import StateStore
from provender.provenance.admission import Admission
from provender.work.admission import admission
from provender.work.baseline import read_manifest
from provender.work.deciding import load_policy, verdict_on
from provender.work.validation import validation_document
from tests.provenance.sealing import Place, make_place

ROOT = Path(__file__).parents[2]
DAY = datetime.date(2027, 1, 31)
POLICY = """\
version: 1
required: [identity/manifest]
waivers:
  - {rule: rows/bad, what: known, reason: looked at, owner: team, expires: 2027-02-28}
"""


@dataclass(frozen=True)
class Scanned:
    """Data, the documents about them, and the policy they were judged by."""

    data: Path
    out: Path
    policy: Path

    def read(self, name: str) -> dict[str, Any]:
        return json.loads((self.out / f"{name}.json").read_text())

    def write(self, name: str, value: Any) -> None:
        (self.out / f"{name}.json").write_text(pretty_json(value))

    def edit(self, name: str, change: Callable[[dict[str, Any]], object]) -> None:
        value = self.read(name)
        change(value)
        self.write(name, value)

    def find(self, what: str, level: Level = Level.WARNING) -> None:
        """Let a detector have found something, and decide again."""
        found = Finding("rows/bad", level, what, 3, None, None, "3 rows are bad")
        self.edit("findings", lambda v: v["findings"].append(found.to_json()))
        self.decide()

    def decide(self) -> None:
        """Decide as `provender decide` does, on DAY."""
        manifest = read_manifest(self.out)
        validation = (
            self.read("validation")
            if (self.out / "validation.json").exists()
            else validation_document(manifest.root, None, [])
        )
        policy = load_policy(str(self.policy))
        verdict = verdict_on(policy, manifest, self.read("findings"), validation, DAY)
        self.write("verdict", verdict.to_json())

    def judge(self, decide_again: bool = True, today: datetime.date = DAY) -> Admission:
        policy = load_policy(str(self.policy)) if decide_again else None
        return admission([str(self.data)], self.out, policy, today)


@pytest.fixture(scope="session")
def _scan(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    base = tmp_path_factory.mktemp("scanned")
    made = Scanned(base / "data", base / "out", base / "policy.yaml")
    made.data.mkdir()
    for number in (0, 1):
        name = f"digits-{number}.parquet"
        shutil.copy(ROOT / "data_samples/clean/digits" / name, made.data / name)
    made.policy.write_text(POLICY)
    request = ScanRequest((str(made.data),), str(made.out), policy=str(made.policy))
    scan(request, Run(StateStore(str(base / "states")), workers=1), DAY)
    return made


@pytest.fixture
def scanned(_scan: Scanned, tmp_path: Path) -> Scanned:
    """A copy of the scan, for one test alone."""
    copy = Scanned(tmp_path / "data", tmp_path / "out", tmp_path / "policy.yaml")
    shutil.copytree(_scan.data, copy.data)
    shutil.copytree(_scan.out, copy.out)
    shutil.copy(_scan.policy, copy.policy)
    return copy


def flip_bit(shard: Path, offset: int = 5000) -> None:
    """Change one bit and keep size, inode and modification time."""
    before = shard.stat()
    with shard.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))
    os.utime(shard, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = shard.stat()
    assert (after.st_size, after.st_ino) == (before.st_size, before.st_ino)
    assert after.st_mtime_ns == before.st_mtime_ns


@pytest.fixture(scope="session")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make_place(tmp_path_factory.mktemp("sealed"))


@pytest.fixture
def place(_place: Place, tmp_path: Path) -> Place:
    """A copy of sealed data, for one test alone."""
    return _place.copy(tmp_path / "place")
