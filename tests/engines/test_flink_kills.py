"""Processes of the cluster die in the middle of a pipeline; what comes out is the same."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.data import big_parquet
from engines.flink.cluster import rest
from tests.engines.flink_case import (
    SCAN,
    damaged,
    digests,
    ended,
    entries,
    felt,
    jobs,
    run,
    start,
    until,
)

pytestmark = pytest.mark.flink
SHARDS, SHARD_BYTES, SHARD_ROWS = 16, 400_000, 32_000
#: pipeline → (its Beam jobs, what its last job stores as it goes).
PIPELINES = {"fingerprint": (2, "span"), "validate": (3, ""), "detect": (3, "scores")}
ROLES = ("--label", "label", "--source", "source")


@pytest.fixture(scope="module")
def data(cluster, tmp_path_factory):
    """Half a million rows: enough to be in the middle of."""
    return rows(tmp_path_factory.mktemp("data"), SHARDS)


@pytest.fixture(scope="module")
def suite(cluster, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("suite") / "suite.json"
    code = "import sys; from provender.cli.main import main; main(sys.argv[1:])"
    one = sorted(data.iterdir())[0]
    inferred = run(cluster, "-c", code, "infer", one, "--out", path)
    assert inferred.code == 0, inferred.err
    return path


@pytest.fixture(scope="module")
def command(data, suite):
    """Return the command of a pipeline by itself, its output in ``place``."""

    def made(pipeline, place):
        given = ["-m", f"pipelines.{pipeline}", "--input", data, "--output", place / "out"]
        given += ["--cache", place / "cache", *ROLES]
        return given + ["--suite", suite] * (pipeline == "validate")

    return made


@pytest.fixture(scope="module")
def here(cluster, command, tmp_path_factory):
    """Return the digests that a pipeline leaves when nobody disturbs it on this machine."""
    cache = tmp_path_factory.mktemp("here")

    def left(pipeline):
        place = cache / pipeline
        ran = run(cluster, *command(pipeline, place))
        assert ran.code == 0, ran.err
        return digests(place / "out")

    return left


def rows(folder, shards):
    return big_parquet(folder, shards * SHARD_BYTES, Path("none"), SHARD_BYTES)


def in_the_middle(pipeline, before, cache):
    """Return whether the last job of ``pipeline`` runs and has stored some of what it will."""
    number, kind = PIPELINES[pipeline]
    new = [job for name, job in jobs().items() if name not in before]
    if len(new) < number or max(new, key=lambda j: j["start-time"])["state"] != "RUNNING":
        return False
    job = max(new, key=lambda j: j["start-time"])
    if not kind:  # all states are stored already: some of its steps have ended
        return job["tasks"]["finished"] >= 4
    return sum(name.startswith(f"{kind}/") for name in entries(cache)) >= 3


def last_job(before):
    new = {name: job for name, job in jobs().items() if name not in before}
    return max(new, key=lambda name: new[name]["start-time"])


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_killed_task_manager_changes_nothing(
    cluster, command, here, tmp_path, monkeypatch, pipeline
):
    before = set(jobs())
    there = start(cluster, *command(pipeline, tmp_path), parallelism=2)
    until(there, lambda: in_the_middle(pipeline, before, tmp_path / "cache"))
    cluster.kill("task-0")
    ran = ended(there)
    assert ran.code == 0, ran.err
    assert felt(last_job(before)), "the kill was not felt"
    assert jobs()[last_job(before)]["state"] == "FINISHED"
    assert digests(tmp_path / "out") == here(pipeline)
    assert not damaged(tmp_path / "cache", cluster, monkeypatch)
    cluster.start_task_manager(0)
    cluster.wait_complete()


def test_a_killed_worker_changes_nothing(cluster, command, here, tmp_path, monkeypatch):
    before = set(jobs())
    there = start(cluster, *command("fingerprint", tmp_path), parallelism=2)
    until(there, lambda: in_the_middle("fingerprint", before, tmp_path / "cache"))
    # Workers of the job before may live on for some seconds.
    worker = max(cluster.workers("task-1"), key=lambda process: process.create_time())
    os.kill(worker.pid, signal.SIGKILL)
    ran = ended(there)
    assert ran.code == 0, ran.err
    assert felt(last_job(before)), "the kill was not felt"
    assert digests(tmp_path / "out") == here("fingerprint")
    assert not damaged(tmp_path / "cache", cluster, monkeypatch)


def test_after_a_killed_job_manager_nothing_stored_is_read_again(cluster, data, tmp_path):
    cache, before = tmp_path / "cache", set(jobs())
    command = (*SCAN, data, "--out", tmp_path / "out", "--cache", cache, *ROLES)
    command += ("--format", "json")
    there = start(cluster, *command, parallelism=2)
    until(there, lambda: in_the_middle("fingerprint", before, cache))
    # Task managers work on until they miss the job manager, and might end all there is to do.
    workers = cluster.workers("task-0") + cluster.workers("task-1")
    each(workers, psutil.Process.suspend)
    cluster.kill("job")
    ran = ended(there)
    assert ran.code == 2, ran.err
    assert "Traceback" not in ran.err
    assert ran.err.splitlines()[-1].startswith("provender: FlinkRunner: the engine does not answer")
    assert not (tmp_path / "out" / "manifest.json").exists()

    cluster.start_job_manager()
    cluster.wait_complete()
    wait_idle(cache)
    each(workers, psutil.Process.kill)  # those that Flink could not end because they stood still
    stored = {n: w for n, w in entries(cache).items() if n.startswith(("span/", "scores/"))}
    again = run(cluster, *command, parallelism=2)
    assert again.out, again.err
    read = json.loads(again.out)["read"]
    now = entries(cache)
    assert {name: now[name] for name in stored} == stored, "written again"
    whole = len(spans(stored)) // (len(spans(now)) // SHARDS)
    assert 0 < whole < SHARDS, "the kill came too early or too late"
    assert read["shards_read"] <= SHARDS - whole
    assert read["rows_read"] == read["shards_read"] * SHARD_ROWS
    local = run(cluster, *SCAN, data, "--out", tmp_path / "here", "--cache", cache, *ROLES)
    assert local.code == again.code
    assert digests(tmp_path / "out") == digests(tmp_path / "here")


def spans(names):
    return [name for name in names if name.startswith("span/")]


def each(workers, call):
    for worker in workers:
        with contextlib.suppress(psutil.NoSuchProcess):
            call(worker)


def wait_idle(cache):
    """Wait until the task managers have given up the lost job and nobody writes any more."""
    count = -1
    while (now := len(entries(cache))) != count or rest("/overview")["slots-available"] < 4:
        count = now
        time.sleep(3)
