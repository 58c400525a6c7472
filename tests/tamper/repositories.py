"""Tampering with a DVC repository, its cache, remote and database (cases 13 to 17, 19, 35)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import yaml

from tests.provenance.conftest import flip_bit
from tests.provenance.dvc.repository import Repository, manifest_of

A, B = "data/a.csv", "data/b.csv"
#: Wang, Feng, Lai and Yu (2004), "Collisions for hash functions MD4, MD5, HAVAL-128 and RIPEMD":
#: two messages of 128 bytes with one MD5.
COLLIDING = (
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70",
    "d131dd02c5e6eec4693d9a0698aff95c2fcab50712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e4888325f1415a085125e8f7cdc99fd91dbd7280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e23487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080280d1ec69821bcb6a8839396f965ab6ff72a70",
)


def recorded(repository: Repository, path: str) -> str:
    """The MD5 in a .dvc file."""
    return yaml.safe_load((repository.folder / f"{path}.dvc").read_text())["outs"][0]["md5"]


def listed(repository: Repository) -> dict[str, str]:
    raw = repository.object(recorded(repository, "data")).read_bytes()
    return {entry["relpath"]: entry["md5"] for entry in json.loads(raw)}


def dvc_sees_nothing(repository: Repository) -> bool:
    return json.loads(repository.dvc("status", "--json")) == {}


def renew(repository: Repository) -> None:
    """Add the data as they are now to DVC, and push them, as their owner would."""
    repository.dvc("add", "-q", "data")
    repository.dvc("repro", "-q")
    repository.dvc("push", "-q")


def write_manifest(repository: Repository) -> None:
    manifest = manifest_of(repository.folder / "data")
    (repository.base / "manifest.json").write_text(json.dumps(manifest.to_json()))


def flip(repository: Repository) -> None:
    assert dvc_sees_nothing(repository)
    flip_bit(repository.folder / A, 0)
    assert dvc_sees_nothing(repository)


def swap(repository: Repository) -> None:
    assert dvc_sees_nothing(repository)
    one, two = repository.folder / A, repository.folder / B
    contents = one.read_bytes(), two.read_bytes()
    for path, content in ((one, contents[1]), (two, contents[0])):
        before = path.stat()
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert dvc_sees_nothing(repository)


def add_ignored(repository: Repository) -> None:
    with (repository.folder / ".dvcignore").open("a") as file:
        file.write("/data/more.csv\n")
    (repository.folder / "data/more.csv").write_text("planted\n")
    assert dvc_sees_nothing(repository)


def corrupt_cache(repository: Repository) -> None:
    """Change an object in the cache and keep it read-only: DVC checks it out."""
    repository.rewrite(repository.object(recorded(repository, "one.csv")), b"other\n")
    (repository.folder / "one.csv").unlink()
    repository.dvc("checkout", "one.csv.dvc")
    assert (repository.folder / "one.csv").read_bytes() == b"other\n"


def corrupt_remote(repository: Repository) -> None:
    """Change an object in the remote: DVC pulls it."""
    md5 = recorded(repository, "one.csv")
    repository.rewrite(repository.object(md5, remote=True), b"other\n")
    repository.object(md5).unlink()
    (repository.folder / "one.csv").unlink()
    repository.dvc("pull", "one.csv.dvc")
    assert (repository.folder / "one.csv").read_bytes() == b"other\n"


def shorten_remote(repository: Repository) -> None:
    repository.rewrite(repository.object(recorded(repository, "one.csv"), remote=True), b"alo")


def doctored(change: Callable[[Any], Any]) -> Callable[[Repository], None]:
    """Change the list of the folder's files in the remote."""

    def act(repository: Repository) -> None:
        path = repository.object(recorded(repository, "data"), remote=True)
        entries = json.loads(path.read_bytes())
        change(entries)
        repository.rewrite(path, json.dumps(entries).encode())

    return act


swap_listed = doctored(lambda entries: entries[0].update(md5=entries[1]["md5"]))
drop_listed = doctored(lambda entries: entries.pop())


def escape(repository: Repository) -> None:
    """Record a list of files that makes DVC write outside of the repository."""
    old = recorded(repository, "data")
    entries = json.loads(repository.object(old).read_bytes())
    entries[0]["relpath"] = "../../escaped.csv"
    raw = json.dumps(entries, sort_keys=True).encode()
    new = hashlib.md5(raw).hexdigest() + ".dir"
    for remote in (False, True):
        repository.object(new, remote).parent.mkdir(exist_ok=True)
        repository.object(new, remote).write_bytes(raw)
    record = repository.folder / "data.dvc"
    record.write_text(record.read_text().replace(old, new))


def add_first_of_two(repository: Repository) -> bytes:
    """Let the owner add a file that is one of two with the same MD5; return the other."""
    first, second = map(bytes.fromhex, COLLIDING)
    (repository.folder / "data/collide.csv").write_bytes(first)
    renew(repository)
    write_manifest(repository)
    return second


def collide(repository: Repository) -> None:
    """Put the other file of the same MD5 in the workspace, the cache and the remote."""
    second = add_first_of_two(repository)
    shard = repository.folder / "data/collide.csv"
    shard.chmod(0o644)
    shard.write_bytes(second)
    for remote in (True, False):
        repository.rewrite(repository.object(listed(repository)["collide.csv"], remote), second)
    assert dvc_sees_nothing(repository)


def edit_with_records(repository: Repository) -> None:
    """Edit data and let all of DVC's records fit; the manifest is as it was."""
    (repository.folder / A).write_text("0,0\n")
    renew(repository)
    assert dvc_sees_nothing(repository)


def renew_edited(repository: Repository) -> None:
    edit_with_records(repository)
    write_manifest(repository)


def forge_state(repository: Repository) -> None:
    """Write into DVC's database that a changed file has the recorded MD5."""
    assert dvc_sees_nothing(repository)
    shard = repository.folder / "one.csv"
    shard.chmod(0o644)
    shard.write_bytes(b"planted\n")
    assert not dvc_sees_nothing(repository)
    [hashes] = (repository.base / "SITE_CACHE").glob("repo/*/hashes")
    forge = (
        "import sys; from dvc_data.hashfile.state import State;"
        "from dvc_data.hashfile.hash_info import HashInfo; from dvc_objects.fs import localfs;"
        "state = State(root_dir=sys.argv[1], tmp_dir=sys.argv[2]);"
        "state.save(sys.argv[3], localfs, HashInfo('md5', sys.argv[4])); state.close()"
    )
    md5 = recorded(repository, "one.csv")
    words = [str(repository.folder), str(hashes.parent), str(shard), md5]
    subprocess.run([sys.executable, "-c", forge, *words], check=True)
    assert dvc_sees_nothing(repository)


def restore_stale(repository: Repository) -> None:
    """Change data and add them, then bring the old verdict back with `dvc checkout`."""
    lock = (repository.folder / "dvc.lock").read_bytes()
    renew_edited(repository)
    (repository.folder / "dvc.lock").write_bytes(lock)
    repository.dvc("checkout", "--force", "verdict.txt")
