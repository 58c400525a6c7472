"""A scan of the same 64 shards on this machine and on a Flink cluster on it: what the engine costs.

python -m benchmarks.engines [--shards 64] [--bytes 8e6] [--parallelism 1,2,4]

Every run starts with an empty cache; digests must be equal. rows and bytes are what Beam's counters
say was read, jobs what was started, exchanged what Flink's tasks wrote to each other.
"""

from __future__ import annotations

import argparse
import datetime
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.data import big_parquet, rows_of
from benchmarks.table import empty_folder, show
from engines.flink.cluster import Cluster, rest
from engines.flink.install import install, missing_tools
from engines.flink.network import isolated
from pipelines.run import Run
from pipelines.scan import ScanRequest, scan
from provender.beam.progress import Step
from provender.core.shard import Roles
from provender.io.states import StateStore

_INSIDE = "PROVENDER_BENCH_INSIDE"
_DOCUMENTS = ("manifest.json", "validation.json", "findings.json", "verdict.json")


@dataclass
class Counted:
    """What was told while a scan ran."""

    jobs: int = 0
    rows: int = 0
    bytes: int = 0

    def listen(self, step: Step) -> None:
        self.rows += step.rows
        self.bytes += step.bytes


@dataclass(frozen=True)
class CountedRun(Run):
    """A run whose Beam jobs are counted."""

    counted: Counted = field(default_factory=Counted)

    def execute(self, build: Callable[[Any, str], None], bytes_: int) -> Any:
        self.counted.jobs += 1
        return super().execute(build, bytes_)


def measured(
    data: Path, scratch: Path, workers: int, options: tuple[str, ...]
) -> tuple[list[str], list[bytes]]:
    """Scan once; return a line of the table and the documents."""
    with empty_folder(scratch) as room:
        counted, cache = Counted(), room / "cache"
        store = StateStore(str(cache))
        run = CountedRun(store, workers, False, options, counted.listen, counted=counted)
        request = ScanRequest((str(data),), str(room / "out"), Roles("label", source="source"))
        began, known = time.perf_counter(), _jobs() if options else set()
        scan(request, run, datetime.date(2026, 11, 26))
        seconds = time.perf_counter() - began
        exchanged = sum(map(_exchanged, _jobs() - known)) if options else 0
        stored = sum(path.stat().st_size for path in cache.rglob("*") if path.is_file())
        documents = [(room / "out" / name).read_bytes() for name in _DOCUMENTS]
    figures = [counted.jobs, f"{counted.rows:,}", *map(_mega, (counted.bytes, stored))]
    return [f"{seconds:.1f}", *map(str, figures), _mega(exchanged) if options else "–"], documents


def _mega(size: float) -> str:
    return f"{size / 1e6:,.1f}"


def _jobs() -> set[str]:
    return {job["jid"] for job in rest("/jobs/overview")["jobs"]}


def _exchanged(job: str) -> int:
    return sum(int(v["metrics"]["write-bytes"]) for v in rest(f"/jobs/{job}")["vertices"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--bytes", type=float, default=8e6, help="stored bytes to scan")
    parser.add_argument("--parallelism", default="1,2,4")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    given = parser.parse_args()
    if missing := missing_tools():
        print(f"left out: no {' and no '.join(missing)} here")
        return
    install()
    if _INSIDE not in os.environ:
        again = [sys.executable, "-m", "benchmarks.engines", *sys.argv[1:]]
        environment = {**os.environ, _INSIDE: "1"}
        sys.exit(subprocess.call(isolated(again), env=environment))
    given.out.mkdir(parents=True, exist_ok=True)
    data = big_parquet(given.out, given.bytes, given.data, int(given.bytes) // given.shards)
    with empty_folder(given.out) as room:
        cluster = Cluster(room / "flink")
        try:
            cluster.up()
            os.environ["PROVENDER_CACHE_KEY"] = cluster.key()
            ways: list[tuple[str, int, tuple[str, ...]]] = [("here, 1 process", 1, ())]
            ways.append(("here, 2 processes", 2, ()))
            for number in map(int, given.parallelism.split(",")):
                ways.append((f"Flink, {number}", 1, tuple(cluster.options(number))))
            runs = [(name, *measured(data, room, w, options)) for name, w, options in ways]
        finally:
            cluster.down()
    head = ("parallelism", "seconds", "jobs", "rows read", "MB read", "MB stored", "MB exchanged")
    shards = len(list(data.iterdir()))
    title = f"Scan of {shards} shards, {rows_of(data):,} rows, on {os.cpu_count()} cores"
    show(title, head, [(name, *line) for name, line, _ in runs])
    same = all(documents == runs[0][2] for _, _, documents in runs)
    print(f"  documents: {'all the same bytes' if same else 'NOT THE SAME'}")
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
