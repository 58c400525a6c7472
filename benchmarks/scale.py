"""Memory, Beam's overhead and the speed-up of two workers, on large Parquet.

python -m benchmarks.scale [--bytes 1e9] [--compare 4e9] [--slice 128e6] [--workers 1,2]

Memory is measured on `provender scan` as a user runs it, in a process of its own with an empty
cache. Overhead and speed-up are measured in one process on a slice of the data, every way with an
empty cache, in an order that alternates from repeat to repeat, each library held to one thread.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from benchmarks.data import big_parquet, stored_bytes
from benchmarks.plain import Digests, Map, Stages, plain_scan, scan_folder
from benchmarks.table import show
from pipelines.run import Run
from pipelines.scan import scan
from provender.core.digest import digest_of
from provender.io.states import StateStore

TODAY = datetime.date(2026, 1, 1)
_EVERY = 0.2
_MEMORY_LIMIT = 1.5e9


@dataclass
class Peak:
    """The most memory that a run held, and the last progress line when it did."""

    bytes: int = 0
    during: str = ""
    seconds: float = 0.0


def tree_bytes(root: psutil.Process) -> int:
    """Return the memory of a process and all below it.

    PSS (from smaps_rollup) where the system tells it, which counts a page shared by two
    processes half in each; else USS, which leaves shared pages out.
    """
    total = 0
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.uss)
    return total


def scan_peak(folder: Path, workers: int, scratch: Path) -> Peak:
    """Run `provender scan` on an empty cache and sample the memory of all its processes."""
    peak, said = Peak(), scratch / "stderr"
    command = [str(Path(sys.executable).with_name("provender")), "scan", str(folder)]
    command += ["--out", str(scratch / "out"), "--cache", str(scratch / "cache")]
    command += ["--workers", str(workers), "--format", "json"]
    began = time.perf_counter()
    with said.open("wb") as stderr:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)
        process = psutil.Process(child.pid)
        while child.poll() is None:
            now = 0
            with contextlib.suppress(psutil.Error):
                now = tree_bytes(process)
            if now > peak.bytes:
                lines = said.read_text(errors="replace").splitlines() or [""]
                peak.bytes, peak.during = now, lines[-1].partition(":")[0]
            time.sleep(_EVERY)
    peak.seconds = time.perf_counter() - began
    if not (scratch / "out" / "verdict.json").exists():
        raise SystemExit(f"the scan failed:\n{said.read_text(errors='replace')}")
    return peak


def measure_memory(folders: list[Path], workers: list[int], scratch: Path) -> None:
    """Print the peak memory of each data set for each number of workers."""
    lines, peaks = [], {}
    for number in workers:
        for folder in folders:
            with _empty(scratch) as room:
                peak = scan_peak(folder, number, room)
            peaks[number, folder] = peak.bytes
            size, rows = stored_bytes(folder), rows_of(folder)
            speed = (f"{rows / peak.seconds:,.0f}", f"{size / peak.seconds / 1e6:.1f}")
            taken = f"{peak.bytes / 1e6:,.0f}"
            lines.append(
                (f"{size / 1e9:.2f} GB", f"{rows:,}", number, taken, peak.during, *speed)
            )
    head = ("data", "rows", "workers", "peak MB", "held during", "rows/s", "MB/s")
    show("Peak memory of provender scan (PSS of the whole process tree, every .2 s)", head, lines)
    for number in workers:
        first, last = (peaks[number, folder] for folder in (folders[0], folders[-1]))
        fits = "under" if max(first, last) < _MEMORY_LIMIT else "NOT under"
        growth = f"; {last / first:.2f} times that of the first" if len(folders) > 1 else ""
        print(f"  {number} worker(s): {fits} {_MEMORY_LIMIT / 1e9} GB; the last data set{growth}")


def rows_of(folder: Path) -> int:
    """Return the records of all shards in a folder."""
    return sum(pq.read_metadata(path).num_rows for path in folder.iterdir())


@contextlib.contextmanager
def _empty(scratch: Path) -> Iterator[Path]:
    """Yield an empty folder for one run's output and cache."""
    room = Path(tempfile.mkdtemp(dir=scratch))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _in_a_loop(folder: Path, room: Path) -> Digests:
    return _plain(folder, room, map)


def _in_processes(folder: Path, room: Path) -> Digests:
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(2, context, _one_thread) as pool:
        return _plain(folder, room, pool.map)


def _in_threads(folder: Path, room: Path) -> Digests:
    with ThreadPoolExecutor(2) as pool:
        return _plain(folder, room, pool.map)


def _plain(folder: Path, room: Path, map_: Map) -> Digests:
    run = Run(StateStore(str(room / "cache")))
    return plain_scan(scan_folder(folder, room / "out"), run, Stages(map_), TODAY)


def _through_beam(workers: int) -> Callable[[Path, Path], Digests]:
    def once(folder: Path, room: Path) -> Digests:
        run = Run(StateStore(str(room / "cache")), workers=workers)
        found = scan(scan_folder(folder, room / "out"), run, TODAY)
        return Digests(found.manifest.root, digest_of(found.detected.document))

    return once


WAYS: dict[str, Callable[[Path, Path], Digests]] = {
    "plain loop": _in_a_loop,
    "Beam, 1 worker": _through_beam(1),
    "plain pool of 2 processes": _in_processes,
    "plain pool of 2 threads": _in_threads,
    "Beam, 2 workers": _through_beam(2),
}


def _one_thread() -> None:
    pa.set_cpu_count(1)
    threadpool_limits(1)


def measure_speed(folder: Path, repeats: int, scratch: Path) -> None:
    """Print seconds for every way to run the same functions; all must find the same."""
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    found: set[Digests] = set()
    for repeat in range(repeats):
        order = list(WAYS) if repeat % 2 == 0 else list(WAYS)[::-1]
        for way in order:
            with _empty(scratch) as room:
                began = time.perf_counter()
                found.add(WAYS[way](folder, room))
                taken[way].append(time.perf_counter() - began)
    if len(found) != 1:
        raise SystemExit(f"the ways to run do not agree: {found}")
    lines: list[Any] = [
        (way, f"{min(t):.1f}", f"{statistics.median(t):.1f}") for way, t in taken.items()
    ]
    size = f"{stored_bytes(folder) / 1e6:,.0f} MB, {rows_of(folder):,} rows"
    title = f"Seconds for one scan of {size}, {repeats} repeats; same manifest and findings"
    show(title, ("", "least", "median"), lines)
    print()
    for name, middle in (("least", min), ("median", statistics.median)):
        t = {way: float(middle(times)) for way, times in taken.items()}
        share = 1 - t["plain loop"] / t["Beam, 1 worker"]
        pool = min(t["plain pool of 2 processes"], t["plain pool of 2 threads"])
        plain, ours = t["plain loop"] / pool, t["Beam, 1 worker"] / t["Beam, 2 workers"]
        print(
            f"  by the {name}: Beam's share of the time {share:.1%} (wanted < 15 %); speed-up of "
            f"2 workers {ours:.2f}, of the better plain pool {plain:.2f}: "
            f"ratio {ours / plain:.2f} (wanted >= .9)"
        )


def measure_stages(folder: Path, scratch: Path) -> None:
    """Print where the time of a plain loop goes."""
    stages = Stages(map)
    with _empty(scratch) as room:
        run = Run(StateStore(str(room / "cache")))
        plain_scan(scan_folder(folder, room / "out"), run, stages, TODAY)
    size, rows, total = stored_bytes(folder), rows_of(folder), sum(stages.seconds.values())
    lines = [
        (stage, f"{s:.2f}", f"{s / total:.1%}", f"{rows / s:,.0f}", f"{size / s / 1e6:,.1f}")
        for stage, s in [*stages.seconds.items(), ("all", total)]
    ]
    show("Stages, one core, no Beam", ("", "seconds", "share", "rows/s", "MB/s"), lines)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bytes", type=float, default=1e9, help="stored bytes to scan")
    parser.add_argument("--compare", type=float, default=0.0, help="a larger size, for growth")
    parser.add_argument("--slice", type=float, default=128e6, help="bytes for the speed tables")
    parser.add_argument("--workers", default="1,2", help="workers of the memory runs")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    _one_thread()
    if given.slice:
        part = big_parquet(given.out, given.slice, given.data, max(int(given.slice) // 8, 2**20))
        warm_up = big_parquet(given.out, 2 * 2**20, given.data, 2**20)
        for way in WAYS.values():
            with _empty(given.out) as room:
                way(warm_up, room)
        measure_stages(part, given.out)
        measure_speed(part, given.repeats, given.out)
    sizes = [size for size in (given.bytes, given.compare) if size]
    folders = [big_parquet(given.out, size, given.data) for size in sizes]
    if folders:
        measure_memory(folders, [int(w) for w in given.workers.split(",")], given.out)


if __name__ == "__main__":
    main()
