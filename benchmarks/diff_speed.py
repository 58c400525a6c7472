"""Time and peak memory of `provender diff` with a key, at a size and at four times that size.

python -m benchmarks.diff_speed [--rows 1000000]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.table import show

_SHARDS = 8
_EDITED = 0.1


def write_sides(folder: Path, rows: int) -> None:
    """Write folder/a, and folder/b: the same rows shuffled in each shard, a tenth edited."""
    random = np.random.default_rng(0)
    each = rows // _SHARDS
    for side in "ab":
        (folder / side).mkdir(parents=True)
    for shard in range(_SHARDS):
        keys = np.arange(shard * each, (shard + 1) * each)
        whole = pa.table(
            {
                "id": keys,
                "x": random.normal(size=each),
                "y": random.integers(0, 100, each),
                "text": pa.array([f"text number {key}" for key in keys]),
            }
        )
        pq.write_table(whole, folder / "a" / f"{shard}.parquet", row_group_size=100_000)
        edited = whole["y"].to_numpy() + (random.random(each) < _EDITED)
        other = whole.set_column(2, "y", pa.array(edited)).take(random.permutation(each))
        pq.write_table(other, folder / "b" / f"{shard}.parquet", row_group_size=100_000)


def measured(folder: Path, *options: str) -> tuple[float, float]:
    """Return (CPU seconds, peak MB of the one process) of a diff of folder/a and folder/b."""
    command = [str(Path(sys.executable).with_name("provender")), "diff", "a", "b", *options]
    with subprocess.Popen(
        [*command, "--workers", "1", "--cache", "cache", "--list", "3"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"provender diff ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    lines = []
    for rows in (given.rows, 4 * given.rows):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_sides(folder, rows)
            # The first run fingerprints; the second finds the states and only compares.
            first, _ = measured(folder)
            for how, options in (("records", ()), ("records and cells", ("--key", "id"))):
                spent, peak = measured(folder, *options)
                lines.append((f"{rows:,}", how, f"{spent / (2 * rows) * 1e6:.1f}", f"{peak:,.0f}"))
            lines.append(
                (f"{rows:,}", "fingerprint, records", f"{first / (2 * rows) * 1e6:.1f}", "")
            )
    title = "provender diff: two sides of so many rows, every shard edited and reordered"
    show(title, ("rows a side", "what", "CPU us/row", "peak MB"), lines)


if __name__ == "__main__":
    main()
