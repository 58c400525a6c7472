"""The sealed reader beside plain reading of the same Parquet, on one core, page cache warm.

python -m benchmarks.sealed_reader [--bytes 1e9] [--repeats 5]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from blake3 import blake3

from benchmarks.calls import one_thread
from benchmarks.data import big_parquet, stored_bytes
from benchmarks.sealing import seal_bytes
from benchmarks.table import empty_folder, show
from provender import open_verified
from provender.io.chunks import CHUNK_BYTES

Work = Callable[[], Any]


def scan(dataset: ds.Dataset) -> None:
    """Decode every batch of every column and drop it."""
    for _ in dataset.to_batches(use_threads=False):
        pass


def read_tables(open_: Callable[[str], Any], names: list[str]) -> None:
    """Read file by file, as most training code does."""
    for name in names:
        pq.ParquetFile(open_(name)).read(use_threads=False)


def read_groups(open_: Callable[[str], Any], order: list[tuple[str, int]]) -> None:
    """Read row groups one by one in a shuffled order, as a sampler asks for them."""
    files = {name: pq.ParquetFile(open_(name)) for name in {name for name, _ in order}}
    for name, group in order:
        files[name].read_row_group(group, use_threads=False)


def side_by_side(plain: Work, sealed: Work, repeats: int) -> list[str]:
    """Return CPU and wall seconds of both, least of each, and the ratios of least and median."""
    taken: dict[str, list[tuple[float, float]]] = {"plain": [], "sealed": []}
    for number in range(repeats + 1):
        both = [("plain", plain), ("sealed", sealed)]
        for name, work in both[:: -1 if number % 2 else 1]:
            cpu, wall = time.process_time(), time.perf_counter()
            work()
            if number:  # the first warms the page cache
                taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    cells: list[str] = []
    for which in (0, 1):
        a, b = ([pair[which] for pair in taken[name]] for name in ("plain", "sealed"))
        ratios = min(b) / min(a), statistics.median(b) / statistics.median(a)
        cells += [f"{min(a):.2f}", f"{min(b):.2f}", *(f"{ratio:.3f}" for ratio in ratios)]
    return cells


def measure(title: str, folder: Path, scratch: Path, repeats: int) -> None:
    """Print full scans and shuffled row groups of one folder."""
    with empty_folder(scratch) as room:
        where = seal_bytes(folder, room)
        data = open_verified(folder, **where)
        names = data.names
        groups = [
            (name, group)
            for name in names
            for group in range(pq.read_metadata(folder / name).num_row_groups)
        ]
        order = [groups[i] for i in np.random.default_rng(0).permutation(len(groups))]
        logged = open_verified(folder, **where, receipt=room / "reads")
        plain = ds.dataset([str(folder / name) for name in names], format="parquet")
        path = folder.joinpath
        works = {
            "full scan, file by file": (
                lambda: read_tables(path, names),
                lambda: read_tables(data.open, names),
            ),
            "row groups, shuffled": (
                lambda: read_groups(path, order),
                lambda: read_groups(data.open, order),
            ),
            "full scan, Dataset": (lambda: scan(plain), lambda: scan(data.dataset())),
            "the same, receipt kept": (lambda: scan(plain), lambda: scan(logged.dataset())),
        }
        lines = []
        for name, pair in works.items():
            lines.append((name, *side_by_side(*pair, repeats)))
            print(*lines[-1], file=sys.stderr, flush=True)
        size = stored_bytes(folder)
        what = f"{title}: {size / 1e9:.2f} GB in {len(names)} shards, {len(groups)} row groups"
        head = ("", "plain CPU s", "sealed", "least", "median", "plain wall s", "sealed")
        show(what, (*head, "least", "median"), lines)
        show_floor(size)


def show_floor(size: int) -> None:
    """Print what the hash alone costs on as many bytes."""
    chunk = np.random.default_rng(0).bytes(CHUNK_BYTES)
    began = time.process_time()
    for _ in range(32):
        blake3(chunk).digest()
    rate = 32 * CHUNK_BYTES / (time.process_time() - began)
    print(f"  blake3 alone: {rate / 1e9:.1f} GB/s, {size / rate:.2f} s for as many bytes")


def rewritten(folder: Path, scratch: Path, rows: int) -> Path:
    """Return a copy of the first shards with row groups of about ``rows`` rows."""
    place = scratch / f"{folder.name}-groups-{rows}"
    if not place.exists():
        place.mkdir()
        for path in sorted(folder.iterdir()):
            pq.write_table(pq.read_table(path), place / path.name, row_group_size=rows)
    return place


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--scratch", type=Path, default=Path("bench-out"))
    parser.add_argument("--bytes", type=float, default=1.1e9)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    if not (given.data / "nycflights13_flights.parquet").exists():
        print(f"{given.data}: there is no table of flights: nothing is measured")
        return
    one_thread()
    pa.set_io_thread_count(1)
    given.scratch.mkdir(parents=True, exist_ok=True)
    folder = big_parquet(given.scratch, given.bytes, given.data)
    measure("Row groups of 65,536 rows", folder, given.scratch, given.repeats)
    large = rewritten(folder, given.scratch, 2**20)
    measure("Row groups of 1,048,576 rows", large, given.scratch, given.repeats)


if __name__ == "__main__":
    main()
