"""provender dvc-audit as it is typed: exit codes, pure JSON, and names that reach no terminal."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from provender.provenance.dvc import finding
from provender.provenance.dvc.objects import object_path
from tests.cli.process import provender
from tests.docs.pages import first_column, page, section


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A DVC repository as DVC leaves it, of one file."""
    folder = tmp_path / "repo"
    data = b"a,b\n1,2\n"
    md5 = hashlib.md5(data).hexdigest()
    for path in (folder / "data", (folder / ".dvc/cache" / object_path(md5, False)).parent):
        path.mkdir(parents=True)
    (folder / ".dvc/config").touch()
    (folder / ".dvc/cache" / object_path(md5, False)).write_bytes(data)
    (folder / "data/a.csv").write_bytes(data)
    record = f"outs:\n- md5: {md5}\n  size: 8\n  hash: md5\n  path: a.csv\n"
    (folder / "data/a.csv.dvc").write_text(record)
    return folder


def test_what_is_right_is_0_and_json_is_all_of_stdout(repo: Path) -> None:
    code, out, _ = provender("dvc-audit", repo, "--format", "json", fresh=True)
    assert code == 0
    assert json.loads(out) == {
        "outcome": "verified",
        "findings": [],
        "hashed": {"workspace": 1, "cache": 1, "remotes": {}, "bytes": 16},
        "skipped": ["SHA-256: no manifest was given to compare with (--manifest)"],
    }
    code, out, _ = provender("dvc-audit", repo)
    assert out.endswith("verified: 1 files, 1 objects in the cache, 16 bytes\n")


def test_what_is_broken_is_5_and_names_steer_no_terminal(repo: Path) -> None:
    (repo / "data/a.csv").write_text("1,3\n")
    code, out, _ = provender("dvc-audit", repo, "--format", "json")
    [found] = json.loads(out)["findings"]
    assert (code, found["kind"], found["path"]) == (5, "changed", "data/a.csv")
    (repo / "data/\x1b[2J.dvc").write_text("outs: 1")
    code, out, _ = provender("dvc-audit", repo)
    assert (code, "\x1b" in out, "\\x1b[2J.dvc" in out) == (5, False, True)


def test_what_cannot_be_checked_is_2(repo: Path) -> None:
    (repo / "dvc.lock").write_text("schema: '9'")
    code, out, _ = provender("dvc-audit", repo)
    assert (code, out.startswith("malformed")) == (2, True)
    (repo / ".dvc/config").write_text("what\n")
    code, out, err = provender("dvc-audit", repo)
    assert (code, out) == (2, "")
    assert err.startswith("provender: .dvc/config: is no DVC configuration")
    assert provender("dvc-audit", repo / "data")[0] == 2


def test_nothing_to_check_is_3(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    code, out, _ = provender("dvc-audit", tmp_path)
    assert (code, out.splitlines()[-1].split(":")[0]) == (3, "nothing")


@pytest.mark.parametrize(
    "words",
    [
        ("--remote", "x"),
        ("--remote", "x", "--no-remotes"),
        ("--data", "data"),
        ("--other",),
    ],
)
def test_usage_is_4(repo: Path, words: tuple[str, ...]) -> None:
    code, out, err = provender("dvc-audit", repo, *words)
    assert (code, out, len(err.splitlines())) == (4, "", 1)


def test_a_manifest_that_fingerprint_wrote_is_compared(repo: Path, tmp_path: Path) -> None:
    out, data = tmp_path / "out", repo / "data/a.csv"
    assert provender("fingerprint", data, "--out", out, "--cache", tmp_path / "c")[0] == 0
    words = ("dvc-audit", repo, "--manifest", out / "manifest.json", "--format", "json")
    code, said, _ = provender(*words)
    assert (code, json.loads(said)["skipped"]) == (0, [])
    changed = b"a,b\n5,6\n"
    md5 = hashlib.md5(changed).hexdigest()
    data.write_bytes(changed)
    record = data.with_name("a.csv.dvc")
    record.write_text(record.read_text().replace(hashlib.md5(b"a,b\n1,2\n").hexdigest(), md5))
    assert provender("dvc-audit", repo)[0] == 0
    code, said, _ = provender(*words)
    [found] = json.loads(said)["findings"]
    assert (code, found["kind"], found["path"]) == (5, "manifest-changed", "data/a.csv")
    (tmp_path / "bad.json").write_text('{"version": 1, "version": 1}')
    assert provender("dvc-audit", repo, "--manifest", tmp_path / "bad.json")[0] == 2


def test_the_kinds_are_those_documented() -> None:
    text = section(page("dvc.md"), "What it finds")
    assert first_column(text) - {"kind"} == {*finding.BROKEN, *finding.UNCHECKED}
