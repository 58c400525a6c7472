"""What DVC lets pass, done to a real repository, where tests/tamper has not tried it yet.

Numbers are those of the tamper cases (docs/tamper-corpus.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.provenance.dvc.repository import Repository, manifest_of
from tests.tamper.repositories import COLLIDING, dvc_sees_nothing, escape, listed, recorded

A, B, C = (f"data/{name}.csv" for name in ("a", "b", "sub/c"))


def test_an_untouched_repository_is_verified(repository: Repository) -> None:
    found = repository.audit(manifest=manifest_of(repository.folder / "data"))
    assert (found.findings, found.outcome, found.exit_code) == ((), "verified", 0)
    assert (found.workspace, found.cache, found.remotes) == (6, 7, {"store": 7})
    assert found.skipped == ()


def test_without_a_manifest_it_is_said_what_was_not_compared(repository: Repository) -> None:
    found = repository.audit()
    assert found.exit_code == 0
    [line] = found.skipped
    assert "--manifest" in line


def test_cases_3_to_6_a_file_dropped_added_duplicated_renamed(repository: Repository) -> None:
    (repository.folder / A).rename(repository.folder / "data/test.csv")
    assert repository.said() == {("missing", A), ("added", "data/test.csv")}
    added = next(f for f in repository.audit().findings if f.kind == "added")
    assert "recorded for a.csv" in added.message


@pytest.mark.parametrize("rule", ["/data/more.csv", "more.*", "data/**/more.csv", "m?re.csv"])
def test_case_7_a_file_added_under_an_ignore_rule(repository: Repository, rule: str) -> None:
    with (repository.folder / ".dvcignore").open("a") as file:
        file.write(f"{rule}\n")
    assert repository.audit().exit_code == 0
    (repository.folder / "data/more.csv").write_text("planted\n")
    if rule.startswith("/"):
        assert dvc_sees_nothing(repository)
    found = repository.audit()
    assert [(f.kind, f.path) for f in found.findings] == [("ignored", "data/more.csv")]
    assert rule in found.findings[0].message


def test_case_7_a_record_hidden_from_dvc(repository: Repository) -> None:
    with (repository.folder / ".dvcignore").open("a") as file:
        file.write("/data.dvc\n")
    assert repository.said() == {("ignored", "data.dvc")}


@pytest.mark.parametrize("content", [b"other\n", b"alo", b""], ids=["other", "short", "empty"])
def test_case_14_a_wrong_object_in_the_remote(repository: Repository, content: bytes) -> None:
    md5 = recorded(repository, "one.csv")
    repository.rewrite(repository.object(md5, remote=True), content)
    said = repository.said()
    assert said == {("remote", f"store:files/md5/{md5[:2]}/{md5[2:]}")}
    if content == b"other\n":
        repository.object(md5).unlink()
        (repository.folder / "one.csv").unlink()
        repository.dvc("pull", "one.csv.dvc")
        assert (repository.folder / "one.csv").read_bytes() == content


@pytest.mark.parametrize(
    ("doctor", "also"),
    [
        (lambda v: v[0].update(md5=v[1]["md5"]), set()),
        (lambda v: v.pop(), set()),
        (lambda v: v[0].update(relpath="../../out.csv"), {"name"}),
        (lambda v: v[0].update(relpath="/etc/out.csv"), {"name"}),
        (
            lambda v: (
                v[0].update(relpath="A.csv", md5=v[1]["md5"])
                or v.append(v[0] | {"relpath": "a.csv"})
            ),
            {"name"},
        ),
        (lambda v: v[0].update(relpath="a\x1b.csv"), {"name"}),
        (lambda v: v[0].update(size=[]), {"malformed"}),
    ],
    ids=["swapped", "dropped", "dots", "absolute", "case-twins", "control", "schema"],
)
@pytest.mark.parametrize("remote", [True, False], ids=["remote", "cache"])
def test_case_15_a_doctored_list_of_files(
    repository: Repository, doctor: object, also: set[str], remote: bool
) -> None:
    path = repository.object(recorded(repository, "data"), remote)
    entries = json.loads(path.read_bytes())
    doctor(entries)  # type: ignore[operator]
    repository.rewrite(path, json.dumps(entries).encode())
    place = "remote" if remote else "cache"
    assert {kind for kind, _ in repository.said()} == {place} | also
    assert repository.audit().exit_code == 5


def test_case_15_a_list_that_makes_dvc_write_outside(repository: Repository) -> None:
    escape(repository)
    new = recorded(repository, "data")
    said = repository.said(remotes=())
    assert ("name", f"cache:files/md5/{new[:2]}/{new[2:]}") in said
    repository.dvc("checkout", "--force", "data.dvc")
    assert (repository.base / "escaped.csv").exists()


def test_case_16_two_files_with_one_md5(repository: Repository) -> None:
    first, second = map(bytes.fromhex, COLLIDING)
    shard = repository.folder / "data/collide.csv"
    shard.write_bytes(first)
    repository.dvc("add", "-q", "data")
    repository.dvc("repro", "-q")
    repository.dvc("push", "-q")
    manifest = manifest_of(repository.folder / "data")
    assert repository.audit(manifest=manifest).exit_code == 0
    shard.chmod(0o644)
    shard.write_bytes(second)
    assert dvc_sees_nothing(repository)
    assert ("collision", "data/collide.csv") in repository.said()
    said = repository.said(manifest=manifest)
    assert ("manifest-changed", "data/collide.csv") in said
    for remote in (True, False):
        repository.rewrite(repository.object(listed(repository)["collide.csv"], remote), second)
    assert repository.said() == set()  # one content alone: only SHA-256 tells
    places = {path for kind, path in repository.said(manifest=manifest)}
    md5 = listed(repository)["collide.csv"]
    assert "data/collide.csv" in places
    shard.unlink()
    said = repository.said(manifest=manifest)
    assert ("manifest-changed", f"cache:files/md5/{md5[:2]}/{md5[2:]}") in said


def test_no_database_and_nothing_outside_is_opened(repository: Repository) -> None:
    """Watched from inside a process of its own, by the interpreter's audit events."""
    watch = (
        "import os, sys; from pathlib import Path\n"
        "from provender.provenance.dvc.audit import audit\n"
        "repo, base = Path(sys.argv[1]), sys.argv[2]\n"
        "audit(repo)\n"  # what is imported late is imported
        "seen = []\n"
        "sys.addaudithook(lambda event, given: seen.append(str(given[0])) if event in"
        " ('open', 'os.scandir', 'sqlite3.connect', 'subprocess.Popen', 'pickle.find_class')"
        " else None)\n"
        "assert audit(repo).exit_code == 0\n"
        "outside = [s for s in seen if s.startswith('/') and not s.startswith(base)]\n"
        "assert len(seen) > 20 and not outside, outside\n"
        "assert not any('..' in s.split('/') or s.endswith('.db') for s in seen), seen\n"
        "assert not any(m.split('.')[0] in ('dvc', 'dvc_data', 'sqlite3', 'diskcache')"
        " for m in sys.modules), 'DVC imported'\n"
    )
    words = [str(repository.folder), str(repository.base)]
    subprocess.run([sys.executable, "-c", watch, *words], check=True)


def test_links_that_lead_out_are_named_and_not_followed(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("1,2\n3,4\n")
    (repository.folder / A).unlink()
    (repository.folder / A).symlink_to(tmp_path / "secret")
    (repository.folder / "data/up").symlink_to("../..")
    (repository.folder / "data/round").symlink_to(".")
    os.mkfifo(repository.folder / "data/pipe")
    said = repository.said()
    assert {("refused", f"data/{name}") for name in ("a.csv", "up", "round", "pipe")} <= said
    assert ("missing", A) not in said


def test_links_into_the_cache_are_the_files_they_lead_to(repository: Repository) -> None:
    repository.dvc("config", "cache.type", "symlink")
    repository.dvc("checkout", "--relink")
    assert (repository.folder / A).is_symlink()
    assert repository.audit().exit_code == 0
    repository.rewrite(repository.object(listed(repository)["a.csv"]), b"9")
    assert ("changed", A) in repository.said()
