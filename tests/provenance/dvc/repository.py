"""A real git and DVC repository, and what a test may do to a copy of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provender.core.entries import Entries, ShardEntry
from provender.core.manifest import Manifest
from provender.io.chunks import CHUNK_BYTES, hash_stream
from provender.provenance.dvc.audit import audit
from provender.provenance.dvc.finding import AuditResult
from tests.provenance.dvc import forked

STAGE = """\
stages:
  judge:
    cmd: wc -c data/*.csv > verdict.txt
    deps: [data]
    outs: [verdict.txt]
"""


@dataclass(frozen=True)
class Repository:
    """A folder under git and DVC, its remote beside it, and caches of its own."""

    base: Path

    @property
    def folder(self) -> Path:
        return self.base / "repo"

    @property
    def environment(self) -> dict[str, str]:
        own = {f"DVC_{w}_DIR": str(self.base / w) for w in ("SITE_CACHE", "GLOBAL_CONFIG")}
        own |= {"DVC_SYSTEM_CONFIG_DIR": str(self.base / "SYSTEM"), "DVC_NO_ANALYTICS": "1"}
        own |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        own |= {
            f"GIT_{w}_{v}": "t@example.org"
            for w in ("AUTHOR", "COMMITTER")
            for v in ("NAME", "EMAIL")
        }
        return {**os.environ, **own}

    def dvc(self, *arguments: str) -> str:
        return _said(forked.dvc(arguments, self.folder, self.environment))

    def git(self, *arguments: str) -> str:
        given = {"cwd": self.folder, "env": self.environment, "capture_output": True}
        return _said(subprocess.run(["git", *arguments], text=True, **given))

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "state")

    def audit(self, **how: Any) -> AuditResult:
        return audit(self.folder, **how)

    def said(self, **how: Any) -> set[tuple[str, str]]:
        """Return (kind, path) of what the audit finds."""
        return {(f.kind, f.path) for f in self.audit(**how).findings}

    def object(self, md5: str, remote: bool = False) -> Path:
        root = self.base / "remote" if remote else self.folder / ".dvc/cache"
        return root / "files/md5" / md5[:2] / md5[2:]

    def rewrite(self, path: Path, content: bytes) -> None:
        """Write into a file that DVC protects, and leave it protected."""
        path.chmod(0o644)
        path.write_bytes(content)
        path.chmod(0o444)


def _said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def make_repository(base: Path) -> Repository:
    """Write two folders of files and one beside them, add them to DVC, and push them."""
    made = Repository(base)
    data = made.folder / "data"
    (data / "sub").mkdir(parents=True)
    (base / "remote").mkdir()
    for name, text in (("a", "1,2\n3,4\n"), ("b", "5,6\n7,8\n"), ("sub/c", "9,0\n")):
        (data / f"{name}.csv").write_text(text)
    (data / "empty.csv").touch()
    (made.folder / "one.csv").write_text("alone\n")
    (made.folder / "dvc.yaml").write_text(STAGE)
    made.git("init", "-q")
    made.dvc("init", "-q")
    made.dvc("remote", "add", "-d", "store", str(base / "remote"))
    made.dvc("add", "-q", "data", "one.csv")
    made.dvc("repro", "-q")
    made.dvc("push", "-q")
    made.commit()
    return made


def copy_repository(made: Repository, to: Path) -> Repository:
    """Return a copy; its remote is its own too."""
    copy = Repository(to)
    shutil.copytree(
        made.base, copy.base, symlinks=True, ignore=shutil.ignore_patterns("SITE_CACHE")
    )
    config = copy.folder / ".dvc/config"
    config.write_text(config.read_text().replace(str(made.base), str(copy.base)))
    return copy


def manifest_of(folder: Path) -> Manifest:
    """A manifest with the bytes of ``folder`` in it; rows are of no concern here."""
    shards = []
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                found = hash_stream(file)
            name = path.relative_to(folder).as_posix()
            zero, chunks = "0" * 64, found.chunks
            shards.append(
                ShardEntry(
                    name, found.size, found.sha256, found.chunk_root, 0, zero, zero, (), chunks
                )
            )
    made = {"record": "provender-record/1", "chunk_bytes": CHUNK_BYTES}
    return Manifest(Entries(sorted(shards, key=lambda s: s.name)), 0, "0" * 64, made)
