"""A scan whose shards, states and results all lie on a real S3-compatible server."""

import datetime
import io
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.run import Run
from pipelines.scan import ScanRequest, scan
from provender.core.shard import Roles
from provender.errors import EXIT_BROKEN_TRUST, ProvenderError
from provender.io.states import StateStore
from provender.work.admission import admission
from tests.cli.process import COMMAND

TODAY = datetime.date(2026, 11, 23)
ROLES = Roles(label="income", source="source")
NAMES = ("adult-0.parquet", "adult-7.parquet")  # rows of the second are rejected


@dataclass(frozen=True)
class Local:
    """The shards on disk, and what a scan of them there wrote."""

    data: Path
    results: dict[str, bytes]
    span_states: int
    manifest: Any


def scanned(data, out, cache, workers=1, surveyed=lambda _: None):
    request = ScanRequest((str(data),), str(out), ROLES, quarantine=True)
    return scan(request, Run(StateStore(str(cache)), workers=workers), TODAY, surveyed)


@pytest.fixture(scope="module")
def local(samples, tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    (folder / "data").mkdir()
    for name in NAMES:
        shutil.copy(samples / "planted" / "duplicates" / "adult" / name, folder / "data")
    found = scanned(folder / "data", folder / "out", folder / "cache")
    out = [path for path in (folder / "out").rglob("*") if path.is_file()]
    results = {path.relative_to(folder / "out").as_posix(): path.read_bytes() for path in out}
    states = sum(path.is_file() for path in (folder / "cache" / "span").rglob("*"))
    return Local(folder / "data", results, states, found.manifest)


@pytest.fixture
def data(s3, local):
    return s3.upload(local.data, "data")


def results(s3):
    return {key.removeprefix("out/"): s3.get(key) for key in s3.names("out/")}


def test_results_are_those_of_a_local_scan_and_nothing_is_decoded_twice(s3, data, local):
    first = scanned(data, f"{s3.uri}/out", f"{s3.uri}/cache", workers=2)
    assert first.read["shards_read"] == 2
    assert results(s3) == local.results
    assert s3.names("cache/result") == []
    clean, rejected = rows(s3, "out/quarantine/clean/"), rows(s3, "out/quarantine/rejected/")
    assert clean > rejected > 0
    assert clean + rejected == first.manifest.rows
    again = scanned(data, f"{s3.uri}/out", f"{s3.uri}/cache")
    assert again.read == {"shards": 2, "shards_read": 0, "rows_read": 0}
    assert results(s3) == local.results


def rows(s3, prefix):
    return sum(pq.read_metadata(io.BytesIO(s3.get(key))).num_rows for key in s3.names(prefix))


def test_enforcing_reads_the_bucket_and_names_the_object_that_was_tampered_with(s3, data, local):
    out = f"{s3.uri}/out"
    for name, content in local.results.items():
        s3.put(f"out/{name}", content)
    assert admission((data,), out, None, TODAY).outcome == "reject"
    name = NAMES[0]
    content = bytearray(s3.get(f"data/{name}"))
    content[len(content) // 2] ^= 1
    s3.put(f"data/{name}", bytes(content))
    found = admission((data,), out, None, TODAY)
    assert [(f.kind, f.shard) for f in found.failures] == [("shard-changed", name)]
    s3.put("out/findings.json", local.results["findings.json"].replace(b"warning", b"note"))
    kinds = {failure.kind for failure in admission((data,), out, None, TODAY).failures}
    assert kinds == {"findings", "shard-changed"}


def test_an_object_that_is_replaced_during_the_scan_is_named_and_nothing_is_published(s3, data):
    key = f"data/{NAMES[1]}"

    def swap(_):
        content = bytearray(s3.get(key))
        content[len(content) // 3] ^= 1
        s3.put(key, bytes(content))

    with pytest.raises(ProvenderError, match=f"{NAMES[1]}: bytes changed") as caught:
        scanned(data, f"{s3.uri}/out", f"{s3.uri}/cache", surveyed=swap)
    assert caught.value.exit_code == EXIT_BROKEN_TRUST
    assert s3.names("out/") == []


LABELS = ("--label", "income", "--source", "source")


def kill_when(s3, data, seen):
    """Scan in a process of its own and kill it as soon as ``seen()``; return whether it ran."""
    command = [*COMMAND, "scan", data]
    command += ["--out", f"{s3.uri}/out", "--cache", f"{s3.uri}/cache", *LABELS]
    command += ["--workers", "1", "--quarantine"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until, begun, before = time.monotonic() + 120, False, s3.names("cache/")
    while process.poll() is None and not (begun and seen()):
        assert time.monotonic() < until, "the scan hangs"
        # It imports for seconds; to look often meanwhile takes the cores away from it.
        begun = begun or s3.names("cache/") != before
        time.sleep(0.005 if begun else 0.2)
    process.kill()
    return process.wait() == -signal.SIGKILL


def test_a_killed_scan_leaves_no_verdict_of_other_documents_and_is_resumed(s3, data, local):
    one_shard = local.span_states // 2
    assert kill_when(s3, data, lambda: len(s3.names("cache/span/")) > one_shard)
    assert not [key for key in s3.names("out/") if "/.provender-writing-" not in key]
    stored = s3.names("cache/span/")
    # Now there is an earlier verdict, and the kill comes as soon as it is taken away.
    for name in ("verdict.json", "manifest.json", "report.html"):
        s3.put(f"out/{name}", b"earlier")
    killed = kill_when(s3, data, lambda: not s3.names("out/verdict"))
    left = results(s3)
    if "verdict.json" in left:  # it was faster than the kill
        assert not killed or left.items() >= local.results.items()
        assert left["verdict.json"] == local.results["verdict.json"]
    resumed = scanned(data, f"{s3.uri}/out", f"{s3.uri}/cache")
    assert resumed.read["shards_read"] == 0
    assert results(s3) == local.results
    assert set(stored) < set(s3.names("cache/span/")) or len(stored) == local.span_states
