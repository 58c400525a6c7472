"""The real `provender diff` on data, manifests and git revisions; each change beside its twin."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from tests.cli.bad_files import complaints
from tests.cli.process import run

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "diff.schema.json"
SECRET = "only-in-the-data"


def provender(folder, *argv, code=0, fresh=False):
    ended = run(argv, folder, fresh=fresh)
    assert ended.returncode == code, ended.stderr
    return ended


def diff(folder, *argv, code=0):
    """Return the JSON document, checked against its schema."""
    document = json.loads(provender(folder, "diff", *argv, "--format", "json", code=code).stdout)
    schema = json.loads(SCHEMA.read_text("utf-8"))
    assert [e.message for e in Draft202012Validator(schema).iter_errors(document)] == []
    return document


def table(start):
    ids = list(range(start, start + 50))
    return pa.table(
        {
            "id": ids,
            "price": [i / 2 for i in ids],
            "note": [f"note {i}" for i in ids],
            "at": pa.array(ids, pa.timestamp("us", "UTC")),
        }
    )


def edit(whole, row, column, value):
    cells = whole[column].to_pylist()
    cells[row] = value
    place = whole.column_names.index(column)
    return whole.set_column(place, column, pa.array(cells, whole[column].type))


@pytest.fixture
def sides(tmp_path):
    """Folders a and b with the same three shards."""
    for side in "ab":
        (tmp_path / side).mkdir()
        for number in range(3):
            pq.write_table(table(number * 50), tmp_path / side / f"{number}.parquet")
    return tmp_path


def rewrite(path, change, **how):
    pq.write_table(change(pq.read_table(path)), path, **how)


def test_the_same_files_are_identical(sides):
    document = diff(sides, "a", "b", "--exit-code", "--key", "id")
    assert document["kind"] == "identical"
    assert document["records"] is None
    assert document["roots"][0] == document["roots"][1]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("re-encoded", {"compression": "gzip", "row_group_size": 7}),
        ("reordered", lambda t: t.take(list(range(49, -1, -1)))),
    ],
)
def test_another_encoding_or_order_is_no_edit(sides, kind, change):
    if callable(change):
        rewrite(sides / "b" / "1.parquet", change)
    else:
        rewrite(sides / "b" / "1.parquet", lambda t: t, **change)
    document = diff(sides, "a", "b", "--exit-code")
    assert (document["kind"], document["records"], document["limits"]) == (kind, None, [])
    assert document["reencoded"] + document["reordered"] == ["1.parquet"]


def test_records_in_other_files_are_resharded(sides):
    whole = pa.concat_tables([pq.read_table(sides / "b" / f"{n}.parquet") for n in range(3)])
    shutil.rmtree(sides / "b")
    (sides / "b").mkdir()
    pq.write_table(whole.slice(0, 70), sides / "b" / "x.parquet")
    pq.write_table(whole.slice(70), sides / "b" / "y.parquet")
    document = diff(sides, "a", "b", "--exit-code")
    assert (document["kind"], document["added"]) == ("re-sharded", ["x.parquet", "y.parquet"])


def test_a_renamed_and_two_swapped_files_are_told(sides):
    (sides / "b" / "0.parquet").rename(sides / "b" / "test.parquet")
    assert diff(sides, "a", "b")["renamed"] == [["0.parquet", "test.parquet"]]
    (sides / "b" / "test.parquet").rename(sides / "b" / "0.parquet")
    (sides / "b" / "1.parquet").rename(sides / "b" / "x")
    (sides / "b" / "2.parquet").rename(sides / "b" / "1.parquet")
    (sides / "b" / "x").rename(sides / "b" / "2.parquet")
    document = diff(sides, "a", "b")
    assert document["kind"] == "re-sharded"
    assert document["renamed"] == [["2.parquet", "1.parquet"], ["1.parquet", "2.parquet"]]


def test_edited_records_are_told_by_shard_row_and_digest(sides):
    rewrite(sides / "b" / "1.parquet", lambda t: edit(t, 7, "note", "other").slice(1))
    document = diff(sides, "a", "b", "--exit-code", code=1)
    records = document["records"]
    assert (document["kind"], document["changed"]) == ("edited", ["1.parquet"])
    assert (records["removed"], records["added"], records["changed"]) == (2, 1, 0)
    assert [(r["shard"], r["row"]) for r in records["removed_rows"]] == [
        ("1.parquet", 0),
        ("1.parquet", 7),
    ]
    assert [(r["shard"], r["row"]) for r in records["added_rows"]] == [("1.parquet", 6)]
    assert records["shards_before"] == {"1.parquet": 2}


def test_a_key_tells_changed_cells_and_content_only_when_asked(sides):
    def change(whole):
        whole = edit(edit(whole, 7, "note", SECRET), 7, "price", None)
        return pc.take(whole, pa.array([*range(49, 0, -1)]))

    rewrite(sides / "b" / "1.parquet", change)
    argv = ("a", "b", "--key", "id")
    records = diff(sides, *argv)["records"]
    assert (records["removed"], records["added"], records["changed"]) == (1, 0, 1)
    assert records["columns"] == {"note": 1, "price": 1}
    (changed,) = records["changed_rows"]
    assert (changed["before"]["row"], changed["after"]["row"]) == (7, 42)
    assert changed["cells"] == ["note", "price"]
    for form in ("json", "text"):
        assert SECRET not in provender(sides, "diff", *argv, "--format", form).stdout
    (told,) = diff(sides, *argv, "--show-content")["records"]["changed_rows"]
    assert told["key"] == ["57"]
    assert told["cells"] == [
        {"column": "note", "old": "note 57", "new": SECRET},
        {"column": "price", "old": "28.5", "new": None},
    ]
    text = provender(sides, "diff", *argv, "--show-content", fresh=True).stdout
    assert f"id '57': note 'note 57' → '{SECRET}'; price '28.5' → null" in text


def test_a_type_that_changed_under_equal_text_is_told(sides):
    def relabel(whole):
        return whole.set_column(0, "id", whole["id"].cast(pa.string()))

    for number in range(3):
        rewrite(sides / "b" / f"{number}.parquet", relabel)
    document = diff(sides, "a", "b", "--key", "note", "--show-content", "--list", "1")
    assert document["columns_removed"] == [["id", "int64"]]
    assert document["columns_added"] == [["id", "string"]]
    assert document["records"]["columns"] == {"id": 150}
    (changed,) = document["records"]["changed_rows"]
    assert changed["cells"] == [{"column": "id", "old": "0 (int64)", "new": "0 (string)"}]


def test_a_key_that_occurs_twice_pairs_nothing(sides):
    rewrite(sides / "b" / "1.parquet", lambda t: edit(edit(t, 7, "id", 58), 9, "id", None))
    records = diff(sides, "a", "b", "--key", "id")["records"]
    # 57 is gone; 58 is there twice, once unchanged; 59 has lost its key.
    assert (records["removed"], records["added"], records["changed"]) == (2, 2, 0)
    rewrite(sides / "b" / "1.parquet", lambda t: edit(edit(t, 7, "id", 58), 8, "note", "x"))
    records = diff(sides, "a", "b", "--key", "id")["records"]
    assert records["unclear"] == [1, 2]


def test_a_key_of_several_columns_and_from_the_configuration(sides):
    rewrite(sides / "b" / "1.parquet", lambda t: edit(t, 7, "price", -1.0))
    found = diff(sides, "a", "b", "--key", "id", "--key", "note")["records"]
    assert (found["key"], found["changed"]) == (["id", "note"], 1)
    (sides / "provender.yaml").write_text("roles: {key: id}\n")
    found = diff(sides, "a", "b")["records"]
    assert (found["key"], found["changed"]) == (["id"], 1)
    ended = provender(sides, "diff", "a", "b", "--key", "nothing", code=4)
    assert "no column 'nothing'" in complaints(ended.stderr)[0]


def test_a_manifest_alone_tells_the_shards_and_says_what_it_cannot(sides):
    provender(sides, "fingerprint", "a", "--out", "out")
    shutil.rmtree(sides / "a")
    assert diff(sides, "out", "b")["kind"] == "identical"
    rewrite(sides / "b" / "1.parquet", lambda t: edit(t, 7, "note", "other"))
    document = diff(sides, "out/manifest.json", "b", "--exit-code", code=1)
    assert (document["changed"], document["records"]) == (["1.parquet"], None)
    assert "BEFORE is a manifest" in document["limits"][0]
    assert "not told: which records differ" in provender(sides, "diff", "out", "b").stdout
    provender(sides, "fingerprint", "b", "--out", "out2")
    assert "are manifests" in diff(sides, "out", "out2")["limits"][0]


def test_a_name_cannot_steer_the_terminal(sides):
    def name(column):
        return lambda t: t.append_column(column, pa.array(["x"] * 50))

    for number in range(3):
        rewrite(sides / "b" / f"{number}.parquet", name("\x1b[2J"))
    text = provender(sides, "diff", "a", "b", "--key", "id").stdout
    assert "\x1b" not in text
    assert r"\x1b[2J 150" in text


# --- git ------------------------------------------------------------------------------------


def git(folder, *words):
    identity = {
        f"GIT_{who}_{what}": "t@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words],
        cwd=folder,
        env={**os.environ, **identity},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def repository(sides):
    (sides / "out").mkdir()
    (sides / "out" / "manifest.json").write_text("{}")
    git(sides, "init", "-q")
    (sides / ".gitattributes").write_text("*.parquet export-ignore\n")
    (sides / "b.dvc").write_text("outs:\n- md5: 0123456789abcdef0123456789abcdef.dir\n  path: b\n")
    git(sides, "add", "a", "out/manifest.json", "b.dvc", ".gitattributes")
    git(sides, "commit", "-q", "-m", "one")
    return sides


def test_revisions_are_read_as_data_and_as_manifests(repository):
    provender(repository, "fingerprint", "a", "--out", "out")
    git(repository, "commit", "-q", "-a", "-m", "fingerprinted")
    rewrite(repository / "a" / "1.parquet", lambda t: edit(t, 7, "note", "other"))
    git(repository, "commit", "-q", "-a", "-m", "two")
    assert diff(repository, "HEAD:a", "a")["kind"] == "identical"
    records = diff(repository, "HEAD~1:a", "HEAD:a", "--key", "id")["records"]
    assert records["columns"] == {"note": 1}
    one = diff(repository, "HEAD~1:a/1.parquet", "a/1.parquet")["records"]
    assert (one["removed"], one["added"]) == (1, 1)
    for manifest in ("HEAD:out/manifest.json", "HEAD:out", "HEAD~1:out/"):
        document = diff(repository, manifest, "a")
        assert (document["changed"], document["records"]) == (["1.parquet"], None)
    assert git(repository, "status", "--porcelain", "--untracked-files=no") == ""


def test_what_git_does_not_hold_is_one_clear_line(repository):
    (repository / "links").mkdir()
    (repository / "links" / "x.csv").symlink_to("/etc/passwd")
    (repository / "lfs").mkdir()
    (repository / "lfs" / "x.csv").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
    )
    git(repository, "add", "links", "lfs")
    git(repository, "commit", "-q", "-m", "more")
    for place, words in {
        "HEAD:b.dvc": ["only points at data", "out/manifest.json"],
        "HEAD:b": ["b.dvc only points at data", "out/manifest.json"],
        "HEAD:nothing": ["has no such file or folder"],
        "no-such-revision:a": ["no such file or folder"],
        "HEAD:links": ["is a link or a submodule"],
        "HEAD:lfs": ["Git LFS pointer"],
        "HEAD:out": ["not a manifest"],
    }.items():
        ended = provender(repository, "diff", place, "a", code=2)
        (line,) = complaints(ended.stderr)
        assert [word for word in words if word not in line] == []
        assert ended.stdout == ""


def test_many_edits_are_counted_in_full_and_listed_in_part(sides):
    random = np.random.default_rng(0)
    whole = pa.table({"id": np.arange(30_000), "x": random.normal(size=30_000)})
    pq.write_table(whole, sides / "a" / "0.parquet", row_group_size=5000)
    changed = whole.set_column(1, "x", pc.add(whole["x"], 1.0)).take(random.permutation(30_000))
    pq.write_table(changed, sides / "b" / "0.parquet", row_group_size=5000)
    for side in "ab":
        for number in (1, 2):
            (sides / side / f"{number}.parquet").unlink()
    records = diff(sides, "a", "b", "--key", "id", "--list", "5")["records"]
    assert (records["changed"], records["columns"]) == (30_000, {"x": 30_000})
    assert [r["before"]["row"] for r in records["changed_rows"]] == list(range(5))
