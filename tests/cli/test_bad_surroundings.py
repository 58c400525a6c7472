"""The real command where permission, room, a worker or patience gives out."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.cli.bad_files import complaints, content, good, gzip_bomb, truncated
from tests.cli.bad_input import SCAN
from tests.cli.process import run as undisturbed

COMMAND = Path(sys.executable).with_name("provender")
RESULTS = {"manifest.json", "findings.json", "verdict.json", "report.html"}


@dataclass(frozen=True)
class Ended:
    code: int
    stdout: str
    stderr: str


def start(folder: Path, *argv: str, before: Callable[[], None] | None = None, **streams: object):
    """Start the command in a process group of its own, as a terminal would."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.Popen(
        [str(COMMAND), *argv], cwd=folder, preexec_fn=before, start_new_session=True, **given
    )


def end(process: subprocess.Popen[bytes]) -> Ended:
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, (out or b"").decode(), (err or b"").decode())


def run(folder: Path, *argv: str, **how: object) -> Ended:
    return end(start(folder, *argv, **how))


def one_line(ended: Ended, code: int, *words: str) -> None:
    """Assert that the command failed with that code and one line that holds ``words``."""
    lines = complaints(ended.stderr)
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("provender: ")
    assert [word for word in words if word not in lines[0]] == [], lines[0]
    assert ended.code == code
    assert ended.stdout == ""


def without_override() -> None:
    """Take from root the power to ignore permissions (Linux: CAP_DAC_OVERRIDE and _READ_SEARCH)."""
    if os.geteuid() == 0:
        drop_from_bounding_set = 24
        for capability in (1, 2):
            if ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0):
                raise OSError("cannot drop a capability")


def files_up_to(size: int) -> Callable[[], None]:
    """Let a write beyond ``size`` bytes of a file fail, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_broken_shard_is_one_line_from_the_real_command(tmp_path):
    truncated(tmp_path)
    one_line(run(tmp_path, *SCAN), 2, "b.parquet", "cut short", "restore")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        pytest.param("data/b.parquet", ("b.parquet", "no permission", "grant it"), id="shard"),
        pytest.param("data", ("data", "no permission", "grant it"), id="folder"),
        pytest.param("out", ("out", "Permission denied", "permissions there"), id="out"),
        pytest.param("cache", ("cache", "Permission denied", "another store"), id="cache"),
    ],
)
def test_no_permission(place, words, tmp_path):
    good(tmp_path)
    for folder in ("out", "cache"):
        (tmp_path / folder).mkdir()
    (tmp_path / place).chmod(0)
    ended = run(tmp_path, *SCAN, "--cache", "cache", before=without_override)
    (tmp_path / place).chmod(0o700)
    one_line(ended, 2, *words)
    assert content(tmp_path / "out") == {}


def test_no_room_for_states(tmp_path):
    good(tmp_path)
    ended = run(tmp_path, *SCAN, "--cache", "cache", before=files_up_to(1024))
    one_line(ended, 2, "provender: cache: ", "File too large", "free space", "--cache")
    assert content(tmp_path / "out") == {}


def test_no_room_for_results_keeps_the_earlier_ones(tmp_path):
    good(tmp_path)
    assert undisturbed(SCAN, tmp_path).returncode == 0
    before = content(tmp_path / "out")
    assert set(before) >= RESULTS
    room = len(before["report.html"]) - 1
    ended = run(tmp_path, *SCAN, before=files_up_to(room))
    one_line(ended, 2, "provender: out: ", "File too large", "free space")
    assert content(tmp_path / "out") == before


def test_stdout_that_is_full(tmp_path):
    with Path("/dev/full").open("w") as full:
        one_line(run(tmp_path, "rules", stdout=full), 2, "stdout", "No space left", "free space")


def test_stdout_that_nobody_reads_to_its_end(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    ended = run(tmp_path, "rules", "--format", "json", stdout=writing)
    os.close(writing)
    assert (ended.code, ended.stderr) == (2, "")


#: A process forked from this large one counts its memory as its own; one forked from a small
#: one does not, so a small one stands between and prints the most that its child held (KiB).
MEASURED = (
    "import resource, subprocess, sys\n"
    "code = subprocess.run(sys.argv[1:]).returncode\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    "sys.exit(code)\n"
)


def test_a_bomb_is_refused_in_little_memory(tmp_path):
    gzip_bomb(tmp_path)
    command = [sys.executable, "-c", MEASURED, str(COMMAND), *SCAN]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    refused = Ended(done.returncode, "", done.stderr)
    one_line(refused, 2, "bomb.jsonl.gz", "64 MiB", "line breaks")
    # Imports alone take about 200 MB; the limit on one record is 64 MiB, the bomb is 5 GB.
    assert int(done.stdout) * 1024 < 600e6


def workers_of(process: subprocess.Popen[bytes]) -> Iterator[psutil.Process]:
    """Yield worker processes (children of the fork server) until the command ends."""
    main = psutil.Process(process.pid)
    until = time.monotonic() + 120
    while process.poll() is None:
        assert time.monotonic() < until, "it hangs"
        for server in main.children():
            yield from server.children()
        time.sleep(0.02)


def test_a_killed_worker_ends_the_run(tmp_path):
    good(tmp_path)
    process = start(tmp_path, *SCAN, "--workers", "2")
    killed = 0
    for worker in workers_of(process):
        worker.kill()
        killed += 1
    assert killed
    one_line(end(process), 2, "worker process", "killed", "fewer --workers")
    assert not (tmp_path / "out").exists()


def test_ctrl_c_says_how_to_go_on(tmp_path):
    good(tmp_path)
    process = start(tmp_path, *SCAN, "--workers", "2")
    next(workers_of(process))
    os.killpg(process.pid, signal.SIGINT)
    one_line(end(process), 130, "interrupted", "run the same command again")
    assert not (tmp_path / "out").exists()
    wait_for_the_last_of(process)
    ended = undisturbed([*SCAN, "--format", "json"], tmp_path)
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["outcome"] == "admit"


def wait_for_the_last_of(process: subprocess.Popen[bytes]) -> None:
    """Wait until no process that the command started is left."""
    until = time.monotonic() + 20
    while any(in_group(other, process.pid) for other in psutil.process_iter()):
        assert time.monotonic() < until, "a process outlives the command"
        time.sleep(0.05)


def in_group(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getpgid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False
