"""Beam's overhead and the speed-up of two workers: every way to call the same functions."""

from __future__ import annotations

import datetime
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.calls import Map, one_thread
from benchmarks.data import rows_of, stored_bytes
from benchmarks.plain import Digests, Stages, plain_scan
from benchmarks.table import empty_folder, show
from pipelines.run import Run
from pipelines.scan import ScanRequest, scan
from provender.core.digest import digest_of
from provender.io.states import StateStore

TODAY = datetime.date(2026, 1, 1)


def _in_a_loop(folder: Path, room: Path) -> Digests:
    return _plain(folder, room, map)


def _in_processes(folder: Path, room: Path) -> Digests:
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(2, context, one_thread) as pool:
        return _plain(folder, room, pool.map)


def _in_threads(folder: Path, room: Path) -> Digests:
    with ThreadPoolExecutor(2) as pool:
        return _plain(folder, room, pool.map)


def _plain(folder: Path, room: Path, map_: Map) -> Digests:
    run = Run(StateStore(str(room / "cache")))
    return plain_scan(_request(folder, room), run, Stages(map_), TODAY)


def _request(folder: Path, room: Path) -> ScanRequest:
    return ScanRequest((str(folder),), str(room / "out"))


def _through_beam(workers: int) -> Callable[[Path, Path], Digests]:
    def once(folder: Path, room: Path) -> Digests:
        run = Run(StateStore(str(room / "cache")), workers=workers)
        found = scan(_request(folder, room), run, TODAY)
        return Digests(found.manifest.root, digest_of(found.detected.document))

    return once


WAYS: dict[str, Callable[[Path, Path], Digests]] = {
    "plain loop": _in_a_loop,
    "Beam, 1 worker": _through_beam(1),
    "plain pool of 2 processes": _in_processes,
    "plain pool of 2 threads": _in_threads,
    "Beam, 2 workers": _through_beam(2),
}


def warm_up(folder: Path, scratch: Path) -> None:
    """Run every way once; Beam's pool first, whose fork server all pools then share."""
    one_thread()
    for way in reversed(WAYS.values()):
        with empty_folder(scratch) as room:
            way(folder, room)


def measure_speed(folder: Path, repeats: int, scratch: Path) -> None:
    """Print seconds for every way to run the same functions; all must find the same."""
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    found: set[Digests] = set()
    for repeat in range(repeats):
        order = list(WAYS) if repeat % 2 == 0 else list(WAYS)[::-1]
        for way in order:
            with empty_folder(scratch) as room:
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
    with empty_folder(scratch) as room:
        run = Run(StateStore(str(room / "cache")))
        plain_scan(_request(folder, room), run, stages, TODAY)
    size, rows, total = stored_bytes(folder), rows_of(folder), sum(stages.seconds.values())
    lines = [
        (stage, f"{s:.2f}", f"{s / total:.1%}", f"{rows / s:,.0f}", f"{size / s / 1e6:,.1f}")
        for stage, s in [*stages.seconds.items(), ("all", total)]
    ]
    show("Stages, one core, no Beam", ("", "seconds", "share", "rows/s", "MB/s"), lines)
