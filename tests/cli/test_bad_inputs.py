"""Each bad input: one clear line, its exit code, nothing on stdout, no result touched."""

from __future__ import annotations

import json
import logging
import math
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from provender.cli.main import main
from tests.cli.bad_data import BAD_DATA
from tests.cli.bad_files import ROWS, columns, complaints, content, good, write_parquet
from tests.cli.bad_input import SCAN, BadInput
from tests.cli.bad_requests import BAD_REQUESTS

BAD_INPUTS = BAD_DATA + BAD_REQUESTS

_S3 = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "none",
    "AWS_CONFIG_FILE": "none",
}


@pytest.fixture
def provender(tmp_path, monkeypatch, capfd):
    """Runs a command in an empty working folder; returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "PROVENDER_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in _S3.items():
        monkeypatch.setenv(name, value)

    def run(*argv: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(argv)
        return (ended.value.code, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def scanned(tmp_path_factory):
    """A folder with good data, the results of a scan of it in out/, and its states in cache/."""
    folder = tmp_path_factory.mktemp("scanned")
    good(folder)
    argv = ["scan", str(folder / "data"), "--out", str(folder / "out")]
    with pytest.raises(SystemExit) as ended:
        main([*argv, "--cache", str(folder / "cache")])
    assert ended.value.code == 0
    return folder


@pytest.mark.parametrize("case", BAD_INPUTS, ids=lambda case: case.name)
def test_one_line_says_what_is_wrong(case: BadInput, tmp_path, provender, scanned, caplog) -> None:
    case.make(tmp_path)
    if not (tmp_path / "out").exists():
        shutil.copytree(scanned / "out", tmp_path / "out")
    before = content(tmp_path / "out")

    with caplog.at_level(logging.WARNING):
        code, out, err = provender(*case.command)

    lines = complaints(err)
    assert len(lines) == case.lines, err
    assert all(line.startswith("provender: ") and "; " in line for line in lines), err
    assert all(line.isprintable() and len(line) < 500 for line in lines), err
    assert [words for words in case.says if words not in err] == [], err
    assert code == case.code
    assert out == ""
    assert [record.getMessage() for record in caplog.records] == [], "libraries keep quiet"
    assert content(tmp_path / "out") == before, "an earlier result stays as it was"
    assert not (tmp_path / "UNPICKLED").exists(), "no content is ever executed"


def test_there_are_at_least_the_thirty_that_were_promised():
    assert len({case.name for case in BAD_INPUTS}) == len(BAD_INPUTS) >= 34


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        pytest.param([math.nan] * ROWS, "is double, not a class", id="NaN"),
        pytest.param(pa.nulls(ROWS), "is null, not a class", id="null"),
        pytest.param(["ham"] * ROWS, "only one label", id="one class"),
    ],
)
def test_labels_that_teach_nothing_are_told_as_not_checked(labels, reason, tmp_path, provender):
    columns(label=labels)(tmp_path)
    code, _, err = provender(*SCAN, "--label", "label")
    assert (code, complaints(err)) == (0, [])
    checks = json.loads((tmp_path / "out/findings.json").read_text())["checks"]
    found = next(check for check in checks if check["id"] == "text/label-conflict")
    assert found["status"] != "checked"
    assert reason in found["reason"]


def test_ten_thousand_columns_are_read(tmp_path, provender):
    wide = pa.table({f"column {n}": [n, n + 1] for n in range(10_000)})
    write_parquet(tmp_path / "data/a.parquet", wide)
    code, out, err = provender("fingerprint", "data", "--out", "out", "--format", "json")
    assert (code, complaints(err)) == (0, [])
    assert json.loads(out)["rows"] == 2


def documents(folder: Path) -> dict[str, bytes]:
    """Return the results that do not carry the day they were made on."""
    names = ("manifest.json", "validation.json", "findings.json", "suspects.parquet")
    return {name: (folder / "out" / name).read_bytes() for name in names}


def shards_read(provender) -> int:
    """Scan with the states in cache/; return how many shards had to be read."""
    code, out, err = provender(*SCAN, "--cache", "cache", "--format", "json")
    assert (code, complaints(err)) == (0, [])
    return json.loads(out)["read"]["shards_read"]


@pytest.fixture
def entries(scanned, tmp_path):
    """The files of a cache that knows the data."""
    for name in ("data", "cache"):
        shutil.copytree(scanned / name, tmp_path / name)
    found = sorted(path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert len(found) > 10
    return found


def test_stored_states_are_used_again(entries, scanned, tmp_path, provender):
    assert shards_read(provender) == 0
    assert documents(tmp_path) == documents(scanned)


def test_damaged_states_are_computed_again(entries, scanned, tmp_path, provender):
    for number, path in enumerate(entries):
        data = path.read_bytes()
        flipped = data[:-1] + bytes([data[-1] ^ 1])
        path.write_bytes((flipped, data[:-1], b"")[number % 3])
    assert shards_read(provender) == 2
    assert documents(tmp_path) == documents(scanned)


def test_a_state_in_the_place_of_another_is_refused(entries, scanned, tmp_path, provender):
    """Whoever can write to the cache cannot pass one shard's clean state off as another's."""
    contents = [path.read_bytes() for path in entries]
    for path, data in zip(entries, contents[1:] + contents[:1], strict=True):
        path.write_bytes(data)
    assert shards_read(provender) == 2
    assert documents(tmp_path) == documents(scanned)
