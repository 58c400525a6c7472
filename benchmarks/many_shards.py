"""A data set of 100,000 shards: what folding and deciding cost, and what the driver holds.

python -m benchmarks.many_shards [--sizes 10000x20,100000x20,10000x200] [--distinct 1000]

A size is shards x records in each. The shards are real Parquet files: some distinct ones, cut from
a real table with changed values, under many names (hard links) in shuffled order. States of equal
bytes are computed once, so the time goes into what grows with shards: hashing, folding the states
of every analysis, deciding, writing. They have no label and no source: nearly every record repeats,
and looking up what each belongs to would read every shard once more.

The driver works as it does with an engine: each Beam pipeline runs in another process, and what it
hands back comes through the store. Each size runs in a process of its own. Printed is the most
memory that the driver held, before Beam ran first and in the end, and its growth.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import real_table, write_small
from benchmarks.table import empty_folder, show
from provender.io.states import StateStore
from provender.work.wire import from_wire, to_wire

_DAY = datetime.date(2026, 1, 1)
_LIMIT = 2000
_STEPS = ("survey", "fingerprint", "detect")


def peak() -> int:
    """Return the most bytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def many_shards(folder: Path, shards: int, rows: int, distinct: int, data: Path) -> None:
    """Fill ``folder`` with ``shards`` names of ``distinct`` files of ``rows`` records each."""
    table = real_table(data)[1].drop_columns(["label"])
    random = np.random.default_rng([20261126, rows])
    kept = folder.with_name(f"{folder.name}-distinct")
    kept.mkdir()
    folder.mkdir()
    for number in range(distinct):
        write_small(kept / f"{number}.parquet", table, rows, random, source=False)
    for place, number in enumerate(random.integers(0, distinct, shards).tolist()):
        os.link(kept / f"{number}.parquet", folder / f"part-{place:06d}.parquet")


def measure(folder: Path, room: Path) -> dict[str, Any]:
    """Scan as a driver does and return seconds of its steps and the memory it took."""
    from pipelines.run import Run
    from pipelines.scan import ScanRequest, scan

    seconds: list[float] = []

    @dataclass(frozen=True)
    class Engine(Run):
        def execute(self, build: Callable[[Any, str], None], bytes_: int) -> Any:
            began, name = time.perf_counter(), f"result/{len(seconds):064x}"
            child = os.fork()
            if not child:
                code = 1
                try:
                    self.store.put(name, to_wire(Run.execute(self, build, bytes_)))
                    code = 0
                finally:
                    os._exit(code)
            if os.waitpid(child, 0)[1]:
                raise SystemExit("a pipeline failed")
            seconds.append(time.perf_counter() - began)
            return from_wire(self.store.require(name))

    began, before = time.perf_counter(), peak()
    found = scan(
        ScanRequest((str(folder),), str(room / "out")),
        Engine(StateStore(str(room / "cache")), workers=2),
        _DAY,
    )
    return {
        "seconds": [*seconds, time.perf_counter() - began - sum(seconds)],
        "before": before,
        "peak": peak(),
        "rows": found.data.rows,
        "suspects": sum(f["rows"] for f in found.detected.document["findings"]),
        "manifest": (room / "out" / "manifest.json").stat().st_size,
        "findings": (room / "out" / "findings.json").stat().st_size,
        "verdict": found.verdict.outcome.value,
    }


def main() -> None:
    """Print a table of all sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10000x20,100000x20,10000x200")
    parser.add_argument("--distinct", type=int, default=1000)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(*given.measure)))
        return
    given.out.mkdir(parents=True, exist_ok=True)
    found = {}
    for size in given.sizes.split(","):
        shards, rows = map(int, size.split("x"))
        with empty_folder(given.out) as room:
            many_shards(room / "data", shards, rows, min(given.distinct, shards), given.data)
            command = [sys.executable, "-m", "benchmarks.many_shards"]
            command += ["--measure", str(room / "data"), str(room)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            found[shards, rows] = json.loads(done.stdout)
    head = ("shards x rows", "records", "suspects", *_STEPS, "driver", "start MB", "peak MB")
    lines = [
        (
            f"{shards:,} x {rows}",
            f"{f['rows']:,}",
            f"{f['suspects']:,}",
            *(f"{s:.0f}" for s in f["seconds"]),
            f"{f['before'] / 1e6:.0f}",
            f"{f['peak'] / 1e6:.0f}",
        )
        for (shards, rows), f in found.items()
    ]
    show("Seconds of the three Beam runs and of the driver, and its memory", head, lines)
    for (shards, rows), f in found.items():
        told = [f"{f[k] / shards:,.0f} B {k}" for k in ("manifest", "findings")]
        print(f"  {shards:,} x {rows}: a shard takes {', '.join(told)}; verdict {f['verdict']}")
    sizes = sorted(found)
    for a in sizes:
        for b in sizes:
            more = b[0] - a[0]
            if a[1] == b[1] and more > 0:
                each = (found[b]["peak"] - found[a]["peak"]) / more
                said = "under" if each < _LIMIT else "NOT under"
                print(f"  {a[0]:,} to {b[0]:,} shards: {each:,.0f} B a shard ({said} {_LIMIT:,} B)")
            if a[0] == b[0] and b[1] > a[1]:
                more = found[b]["rows"] - found[a]["rows"]
                each = (found[b]["peak"] - found[a]["peak"]) / more
                print(f"  {a[1]} to {b[1]} records a shard: {each:,.2f} B a record")


if __name__ == "__main__":
    main()
