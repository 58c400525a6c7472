"""Results are published whole, the verdict last: in a folder and in a bucket."""

import os
import tempfile
from pathlib import Path

import pytest

from provender.errors import StoreError, UsageError
from provender.io import objects
from provender.io.outputs import OutputFolder


class Local:
    """A folder, seen like a bucket."""

    def __init__(self, folder):
        self.uri = str(folder)

    def put(self, key, data):
        path = Path(self.uri, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def get(self, key):
        return Path(self.uri, key).read_bytes()

    def names(self):
        files = (p for p in Path(self.uri).rglob("*") if p.is_file())
        return sorted(p.relative_to(self.uri).as_posix() for p in files)


@pytest.fixture(params=["local", "s3"])
def place(request, tmp_path):
    return Local(tmp_path) if request.param == "local" else request.getfixturevalue("s3")


@pytest.fixture
def out(place):
    return OutputFolder(f"{place.uri}/out")


def publish(out, documents, last="verdict.json", folders=()):
    with out.staging(last) as draft:
        for name, data in documents.items():
            (draft / name).write_bytes(data)
        if last is ZeroDivisionError:
            raise last
        for name, data in folders:
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def test_what_is_published_is_read_and_replaced(place, out):
    assert out.read("verdict.json") is None
    publish(out, {"verdict.json": b"1", "manifest.json": b"1"}, folders=[("scores/a[1]", b"1")])
    place.put("out/mine", b"mine")
    place.put("out/scores-of-mine/x", b"mine")
    publish(out, {"verdict.json": b"2"}, folders=[("scores/b*", b"2"), ("scores/c/d", b"2")])
    assert out.read("verdict.json") == b"2"
    assert place.names() == [
        "out/manifest.json",
        "out/mine",
        "out/scores-of-mine/x",
        "out/scores/b*",
        "out/scores/c/d",
        "out/verdict.json",
    ]


def test_a_run_that_fails_leaves_what_stood_there(place, out):
    publish(out, {"verdict.json": b"1"})
    with pytest.raises(ZeroDivisionError):
        publish(out, {"verdict.json": b"2"}, last=ZeroDivisionError)
    assert place.names() == ["out/verdict.json"]
    assert out.read("verdict.json") == b"1"
    assert not list(Path(tempfile.gettempdir()).glob(f".provender-writing-{os.getpid()}-*"))


def test_the_verdict_goes_first_and_comes_last(s3, monkeypatch):
    out = OutputFolder(f"{s3.uri}/out")
    publish(out, {"verdict.json": b"1", "manifest.json": b"1"})
    each, seen = objects._each, []

    def watched(function, arguments):
        arguments = list(arguments)
        if any("verdict.json" in str(pair) for pair in arguments):
            seen.append((s3.get("out/manifest.json"), "out/verdict.json" in s3.names()))
        elif any("manifest.json" in str(pair) for pair in arguments):
            seen.append("out/verdict.json" in s3.names())
        each(function, arguments)

    monkeypatch.setattr(objects, "_each", watched)
    publish(out, {"verdict.json": b"2", "manifest.json": b"2"})
    assert seen == [False, (b"2", False)]
    assert s3.get("out/verdict.json") == b"2"


def test_a_store_that_fails_while_results_are_replaced_leaves_no_verdict(s3, s3_environment):
    out = OutputFolder(f"{s3.uri}/out")
    publish(out, {"verdict.json": b"1", "manifest.json": b"1"})
    place = f"arn:aws:s3:::{s3.name}/out/manifest.json"
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    denied = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": place}
    s3_environment(s3.server.user(allowed, denied))
    with (
        s3.server.checking_keys(),
        pytest.raises(StoreError, match=r"out: cannot be written \(Access Denied\); check the add"),
    ):
        publish(out, {"verdict.json": b"2", "manifest.json": b"2"})
    assert s3.names() == ["out/manifest.json"]


def test_folders_of_workers_are_published_with_the_documents(place, out):
    place.put("out/quarantine/clean/old", b"old")
    with out.staging("verdict.json") as draft:
        (draft / "verdict.json").write_bytes(b"1")
        (draft / "reasons").write_bytes(b"1")
        shared = out.shared(draft, "quarantine").removeprefix(f"{place.uri}/")
        place.put(f"{shared}/clean/new", b"new")
        assert "out/quarantine/clean/new" not in place.names()
    assert place.names() == ["out/quarantine/clean/new", "out/reasons", "out/verdict.json"]


def test_what_interrupted_runs_left_is_removed_and_what_goes_on_is_not(s3):
    out = OutputFolder(f"{s3.uri}/out")
    ended = 2**22 + 1  # beyond the largest process id
    host = objects.socket.gethostname()
    left = f"out/.provender-writing-{ended}-00@{host}"
    other = "out/.provender-writing-1-00@another-machine"
    own = f"out/.provender-writing-{os.getpid()}-00@{host}"
    for folder in (left, other, own):
        s3.put(f"{folder}/owner", b"-")
        s3.put(f"{folder}/quarantine/clean/x", b"x")
    publish(out, {"verdict.json": b"1"})
    assert {key.split("/")[1] for key in s3.names("out/.")} == {
        folder.split("/")[1] for folder in (other, own)
    }


def test_what_another_machine_left_is_removed_after_a_week(s3, monkeypatch):
    s3.put("out/.provender-writing-1-00@another-machine/owner", b"-")
    monkeypatch.setattr(objects, "_ABANDONED_AFTER", objects.datetime.timedelta(0))
    publish(OutputFolder(f"{s3.uri}/out"), {"verdict.json": b"1"})
    assert s3.names() == ["out/verdict.json"]


def test_a_bucket_that_is_missing_is_said_before_the_work(s3):
    with (
        pytest.raises(StoreError, match=r"no-such-bucket-here/out: .*bucket does not exist"),
        OutputFolder("s3://no-such-bucket-here/out").staging(),
    ):
        pytest.fail("the work began")


@pytest.mark.parametrize("address", ["nowhere://b/out", "s3://"])
def test_an_address_of_nothing_is_refused(address, s3):
    with pytest.raises(UsageError, match="--out"):
        OutputFolder(address)
