"""Memory, Beam's overhead and the speed-up of two workers, on large Parquet.

python -m benchmarks.scale [--bytes 1e9] [--compare 4e9] [--slice 128e6] [--workers 1,2]
    [--table flights|weather]

Memory is measured on `provender scan` as a user runs it, in a process of its own with an empty
cache. Overhead and speed-up are measured in one process on a slice of the data, every way with an
empty cache, in an order that alternates from repeat to repeat, each library held to one thread.
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.data import SHARD_BYTES, big_parquet, rows_of, stored_bytes
from benchmarks.table import empty_folder, show

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
            with empty_folder(scratch) as room:
                peak = scan_peak(folder, number, room)
            peaks[number, folder] = peak.bytes
            size, rows = stored_bytes(folder), rows_of(folder)
            speed = (f"{rows / peak.seconds:,.0f}", f"{size / peak.seconds / 1e6:.1f}")
            taken = f"{peak.bytes / 1e6:,.0f}"
            lines.append((f"{size / 1e9:.2f} GB", f"{rows:,}", number, taken, peak.during, *speed))
    head = ("data", "rows", "workers", "peak MB", "held during", "rows/s", "MB/s")
    show("Peak memory of provender scan (PSS of the whole process tree, every .2 s)", head, lines)
    for number in workers:
        first, last = (peaks[number, folder] for folder in (folders[0], folders[-1]))
        fits = "under" if max(first, last) < _MEMORY_LIMIT else "NOT under"
        said = f"  {number} worker(s): {fits} {_MEMORY_LIMIT / 1e9} GB"
        if len(folders) > 1:
            said += f"; the larger data set takes {last / first:.2f} times what the smaller does"
        print(said)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bytes", type=float, default=1e9, help="stored bytes to scan")
    parser.add_argument("--compare", type=float, default=0.0, help="a larger size, for growth")
    parser.add_argument("--slice", type=float, default=128e6, help="bytes for the speed tables")
    parser.add_argument("--table", choices=("flights", "weather"), default="flights")
    parser.add_argument("--workers", default="1,2", help="workers of the memory runs")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.slice:
        # Not imported above: worker processes import this module, and need not import Beam.
        from benchmarks.speed import measure_speed, measure_stages, warm_up

        shard_bytes = min(max(int(given.slice) // 8, 2**20), SHARD_BYTES)
        part = big_parquet(given.out, given.slice, given.data, shard_bytes, given.table)
        warm_up(big_parquet(given.out, 2 * 2**20, given.data, 2**20), given.out)
        measure_stages(part, given.out)
        measure_speed(part, given.repeats, given.out)
    sizes = [size for size in (given.bytes, given.compare) if size]
    folders = [
        big_parquet(given.out, size, given.data, min(SHARD_BYTES, int(size) // 4), given.table)
        for size in sizes
    ]
    if folders:
        measure_memory(folders, [int(w) for w in given.workers.split(",")], given.out)


if __name__ == "__main__":
    main()
