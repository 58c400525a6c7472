"""Remotes and caches wherever they lie, and what cannot be reached."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import fsspec
import pytest

from provender.errors import InputError, UsageError
from provender.provenance.dvc.audit import audit
from provender.provenance.dvc.remote import open_remote
from tests.provenance.dvc.repository import Repository, manifest_of


def use(repository: Repository, url: str, more: str = "") -> None:
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {url}\n{more}"
    (repository.folder / ".dvc/config").write_text(config)


def outcome(repository: Repository) -> tuple[str, set[str], int]:
    found = repository.audit()
    return found.outcome, {f.kind for f in found.findings}, found.exit_code


def test_a_remote_of_any_file_system_is_hashed(repository: Repository) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(str(repository.base / "remote"), "/bucket/path", recursive=True)
    use(repository, "memory://bucket/path")
    assert repository.audit().remotes == {"store": 7}
    assert outcome(repository) == ("verified", set(), 0)
    [victim, *_] = [p for p in memory.find("/bucket/path") if not p.endswith(".dir")]
    memory.pipe_file(victim, b"other")
    assert outcome(repository) == ("broken", {"remote"}, 5)
    memory.rm_file(victim)
    assert outcome(repository) == ("unchecked", {"absent"}, 2)
    memory.rm("/bucket", recursive=True)
    found = repository.audit()
    assert [f.path for f in found.findings] == ["store:"]


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("/no/such/folder", ""),
        ("simplecache::memory://x", ""),
        ("reference://x", ""),
        ("remote://other/path", ""),
        ("memory://x", "    version_aware = true\n"),
        ("s3://bucket/x", "    sse_customer_key = x\n"),
        ("hdfs://no.such.host.invalid/x", ""),
    ],
)
def test_a_remote_that_cannot_be_read_is_never_fine(
    repository: Repository, url: str, more: str
) -> None:
    use(repository, url, more)
    assert outcome(repository) == ("unchecked", {"unreadable"}, 2)


def test_an_error_of_the_store_is_told_once_and_the_rest_is_not_tried(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def refuse(_: Any, path: str, *__: Any, **___: Any) -> Any:
        calls.append(path)
        raise ConnectionError("no route to host")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.open", refuse)
    use(repository, "memory://bucket/path")
    assert outcome(repository) == ("unchecked", {"unreadable"}, 2)
    assert len(calls) == 1


def test_options_of_s3_are_handed_on_and_no_other_is_guessed() -> None:
    pytest.importorskip("s3fs")
    given = {"endpointurl": "http://127.0.0.1:9/", "access_key_id": "a", "secret_access_key": "b"}
    remote = open_remote("store", {"url": "s3://bucket/x", **given}, Path())
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        remote.open("files/md5/00/0")


@pytest.mark.parametrize("suffix", ["", ".dir"])
def test_a_link_out_of_a_remote_is_not_followed(
    repository: Repository, tmp_path: Path, suffix: str
) -> None:
    files = [p for p in (repository.base / "remote").rglob("*") if p.is_file()]
    [victim, *_] = [p for p in files if p.suffix == suffix]
    shutil.copy(victim, tmp_path / "same")
    victim.unlink()
    victim.symlink_to(tmp_path / "same")
    assert outcome(repository)[1:] == ({"refused"}, 5)


def test_remotes_are_chosen_by_name(repository: Repository) -> None:
    found = repository.audit(remotes=())
    assert (found.remotes, found.exit_code) == ({}, 0)
    assert "the remote store: not asked for" in found.skipped
    assert repository.audit(remotes=["Store"]).remotes == {"store": 7}
    with pytest.raises(UsageError, match="no remote 'other'"):
        repository.audit(remotes=["other"])


def test_a_cache_outside_is_read_only_when_named(repository: Repository) -> None:
    outside = repository.base / "shared"
    shutil.move(repository.folder / ".dvc/cache", outside)
    repository.dvc("cache", "dir", str(outside))
    repository.dvc("config", "cache.type", "symlink")
    repository.dvc("checkout", "--relink")
    assert (repository.folder / "data/a.csv").is_symlink()
    assert {kind for kind, _ in repository.said()} >= {"unreadable", "refused"}
    found = repository.audit(cache=outside)
    assert (found.cache, found.exit_code) == (7, 0)


def test_a_clone_without_data_is_checked_in_its_remote(repository: Repository) -> None:
    shutil.rmtree(repository.folder / ".dvc/cache")
    shutil.rmtree(repository.folder / "data")
    for name in ("one.csv", "verdict.txt"):
        (repository.folder / name).unlink()
    found = repository.audit()
    assert (found.workspace, found.remotes, found.exit_code) == (0, {"store": 7}, 0)
    assert repository.audit(remotes=()).exit_code == 2  # nothing of what is recorded is here
    manifest = manifest_of(repository.base / "remote")  # of other data
    with pytest.raises(UsageError, match="--data"):
        repository.audit(manifest=manifest)
    assert repository.audit(manifest=manifest, data="data").exit_code == 5


def test_a_repository_without_records_has_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no folder \.dvc"):
        audit(tmp_path)
    (tmp_path / ".dvc").mkdir()
    found = audit(tmp_path)
    assert (found.outcome, found.exit_code) == ("nothing", 3)


def test_a_file_gone_from_the_workspace_is_told(repository: Repository) -> None:
    (repository.folder / "one.csv").unlink()
    assert outcome(repository) == ("unchecked", {"absent"}, 2)


def test_records_of_dvc_2_are_never_fine_where_they_differ(repository: Repository) -> None:
    record = repository.folder / "one.csv.dvc"
    record.write_text(record.read_text().replace("  hash: md5\n", ""))
    assert outcome(repository) == ("unchecked", {"absent"}, 2)  # its remote is laid out otherwise
    assert repository.said(remotes=()) == set()
    (repository.folder / "one.csv").chmod(0o644)
    (repository.folder / "one.csv").write_text("alone\r\n")
    assert repository.said(remotes=()) == {("legacy", "one.csv")}


def test_an_unreadable_file_is_never_fine(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provender.provenance.dvc.place import Place

    opened = Place.open

    def refuse(self: Place, name: str) -> Any:
        if name == "data/a.csv":
            raise InputError(name, "cannot be read (Input/output error)")
        return opened(self, name)

    monkeypatch.setattr(Place, "open", refuse)
    found = repository.audit()
    assert ("unreadable", "data/a.csv") in {(f.kind, f.path) for f in found.findings}
    assert found.exit_code == 2
