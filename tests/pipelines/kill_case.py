"""A scan in processes of its own, killed at some moment, and what is left of it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipelines.detect import first_analyses
from pipelines.fingerprint import survey
from pipelines.run import Run
from provender.core.shard import Roles
from provender.io.states import StateStore
from provender.provenance.admission import Failure
from provender.provenance.record import binding_failures, read_record
from provender.work.identities import IDENTITY
from provender.work.task import load_task, span_state_name
from tests.cli.process import COMMAND, run

DOCUMENTS = (
    "manifest.json",
    "validation.json",
    "findings.json",
    "verdict.json",
    "suspects.parquet",
    "report.html",
)
#: What is computed from records: once stored it must not be computed again.
_COMPUTED = ("span", "scores")
_DIES_WITHIN = 5.0


@dataclass(frozen=True)
class Undisturbed:
    """A scan that nobody disturbed, beside an output folder of other data.

    Attributes:
        documents: name → bytes.
        pieces: for each piece of each shard: shard, records, names of the states of its read.
        earlier: an output folder with the complete results of a scan of other data.
    """

    data: Path
    documents: dict[str, bytes]
    seconds: float
    pieces: tuple[tuple[str, int, tuple[str, ...]], ...]
    earlier: Path


@dataclass(frozen=True)
class Killed:
    """What one kill left, and how the run after it went.

    Attributes:
        moment: seconds from start to SIGKILL; ``ended`` when the scan was done before.
        survivors: processes of the scan that still ran 5 s after the kill.
        left: 'nothing', 'earlier', 'new' or 'no verdict' (documents were being replaced) for
            the output folder after the kill, else 'HALF'.
        stored: span states in the cache at the kill.
        due: (shards, rows) that had a state missing then, or all of them before the survey.
        read: (shards, rows) that the run after it read.
        rewritten: entries stored at the kill that the run after it computed again.
        same: whether the documents of the run after it are the undisturbed run's.
        drafts: unfinished files left in the output folder and in the cache after that run.
    """

    moment: float
    ended: bool
    survivors: int
    left: str
    stored: int
    due: tuple[int, int]
    read: tuple[int, int]
    rewritten: int
    same: bool
    drafts: tuple[int, int]

    @property
    def sound(self) -> bool:
        """Whether the kill did no harm."""
        whole = self.left != "HALF" and not self.survivors and not self.drafts[0]
        return whole and self.same and self.due == self.read and not self.rewritten


def undisturbed(data: Path, scratch: Path) -> Undisturbed:
    """Scan ``data`` to the end, and its first shard alone for the earlier results."""
    first, earlier = min(data.iterdir()), scratch / "earlier"
    _finish(run(_words(first, earlier, scratch / "earlier-cache", workers=1)))
    began = time.monotonic()
    _finish(run(_words(data, scratch / "whole", scratch / "whole-cache", workers=2), fresh=True))
    seconds = time.monotonic() - began
    store = StateStore(str(scratch / "whole-cache"))
    surveyed = survey([str(data)], Roles(), Run(store, 1))
    analyses = first_analyses(surveyed)
    pieces = tuple(
        (
            task.shard.ref.name,
            task.span.rows,
            (
                span_state_name(IDENTITY, task, None),
                *(span_state_name(a, task, surveyed.schema) for a in analyses),
            ),
        )
        for task in (load_task(ref, store) for ref in surveyed.tasks(store))
    )
    return Undisturbed(data, _documents(scratch / "whole"), seconds, pieces, earlier)


def killed(case: Undisturbed, moment: float, over_earlier: bool, scratch: Path) -> Killed:
    """Start the scan on an empty cache, kill its first process at ``moment``, start it again.

    The scan that is killed has two workers, which must die with it. The one after it has none: it
    is to end in the same bytes, and need not start what it does not try.

    Args:
        over_earlier: the output folder holds the results of other data; else it is not there.
        scratch: a folder that does not exist yet.
    """
    out, cache = scratch / "out", scratch / "cache"
    scratch.mkdir()
    if over_earlier:
        shutil.copytree(case.earlier, out)
    scan = _start(case.data, out, cache)
    with contextlib.suppress(subprocess.TimeoutExpired):
        scan.wait(moment)
    ended = scan.poll() is not None
    os.kill(scan.pid, signal.SIGKILL) if not ended else None
    scan.communicate()
    survivors = _survivors(scan.pid)
    left = _left(out, case)
    before, store = _computed(cache), StateStore(str(cache))
    due = [
        (shard, rows)
        for shard, rows, names in case.pieces
        if any(store.get(name) is None for name in names)
    ]
    summary = _finish(run(_words(case.data, out, cache, workers=1)))
    after = _computed(cache)
    read = summary["read"]
    return Killed(
        moment,
        ended,
        survivors,
        left,
        sum(name.startswith("span/") for name in before),
        (len({shard for shard, _ in due}), sum(rows for _, rows in due)),
        (read["shards_read"], read["rows_read"]),
        sum(after.get(name) != written for name, written in before.items()),
        _documents(out) == case.documents,
        (len(list(out.glob(".*"))), sum(p.name.startswith(".") for p in cache.rglob("*"))),
    )


def _words(data: Path, out: Path, cache: Path, workers: int) -> list[object]:
    given = ["scan", data, "--out", out, "--cache", cache]
    return [*given, "--workers", workers, "--format", "json"]


def _start(data: Path, out: Path, cache: Path) -> subprocess.Popen[bytes]:
    command = [*COMMAND, *map(str, _words(data, out, cache, workers=2))]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def _finish(scan: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    if not scan.stdout:
        raise AssertionError(scan.stderr)
    summary: dict[str, Any] = json.loads(scan.stdout)
    return summary


def _survivors(session: int) -> int:
    """Wait for every process of the session to end; return how many do not."""
    limit = time.monotonic() + _DIES_WITHIN
    while (alive := list(_running(session))) and time.monotonic() < limit:
        time.sleep(0.05)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return len(alive)


def _running(session: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def _documents(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in DOCUMENTS if (out / name).exists()}


def _left(out: Path, case: Undisturbed) -> str:
    found = _documents(out)
    if not found:
        return "nothing"
    if found == case.documents:
        return "new"
    if found == _documents(case.earlier):
        return "earlier"
    # Documents appear whole: each is the new run's or the earlier one's, and none is vouched for.
    known = (case.documents, _documents(case.earlier))
    whole = all(any(k[name] == data for k in known) for name, data in found.items())
    record = read_record(out)
    if whole and "verdict.json" not in found:
        return "no verdict"
    bound = whole and not isinstance(record, Failure) and not binding_failures(record)
    return "new" if bound else "HALF"


def _computed(cache: Path) -> dict[str, tuple[int, int]]:
    """Return which entries computed from records are stored, and when each was written."""
    return {
        str(path.relative_to(cache)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for kind in _COMPUTED
        for path in (cache / kind).rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
