"""What reseal saves and what absence costs: beside sealing the same data afresh.

python -m benchmarks.reseal_speed [--rows 1000000] [--shards 10]

Two shards have lost 500 records each. Every command is a process of its own with one worker, in
turns, on files that the kernel has cached; memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.table import empty_folder, show

_LOSING, _LOST = 2, 500
_REPEATS = 3
_MAIN = "from provender.cli.main import main; main()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shards", type=int, default=10)
    given = parser.parse_args()
    with empty_folder(Path.cwd()) as room:
        write(room, given.rows // given.shards, given.shards)
        measure(room, given.rows)


def write(room: Path, rows: int, shards: int) -> None:
    """Write data/, clean/ and quarantine/."""
    random = np.random.default_rng(0)
    rejected = room / "quarantine" / "rejected"
    for folder in (room / "data", room / "clean", rejected):
        folder.mkdir(parents=True)
    taken: list[tuple[str, int]] = []
    for number in range(shards):
        name = f"{number:03}.parquet"
        columns = {f"c{i}": random.integers(0, 2**60, rows) for i in range(6)}
        table = pa.table({**columns, "x": random.normal(size=rows)})
        pq.write_table(table, room / "data" / name)
        if number >= _LOSING:
            shutil.copy(room / "data" / name, room / "clean" / name)
            continue
        lost = np.zeros(rows, bool)
        lost[random.choice(rows, _LOST, replace=False)] = True
        pq.write_table(table.filter(pa.array(~lost)), room / "clean" / name)
        pq.write_table(table.filter(pa.array(lost)), rejected / name)
        taken += [(name, int(row)) for row in np.flatnonzero(lost)]
    reasons = {"shard": [s for s, _ in taken], "row": [r for _, r in taken]}
    reasons["rule"] = ["duplicates/exact-row"] * len(taken)
    pq.write_table(pa.table(reasons), room / "quarantine" / "reasons.parquet")


def measure(room: Path, rows: int) -> None:
    """Print the table."""
    trust = ("--series", "s", "--key", "a.pub", "--expires", "2099-12-31", "--out", "trust.json")
    first = ("--key", "a.key", "--series", "s", "--out", "old/seal.json", "--cache", "states")
    run(room, "keys", "new", "a", "--out", ".", "--no-passphrase")
    run(room, "trust", "init", *trust)
    run(room, "trust", "sign", "trust.json", "--key", "a.key")
    run(room, "seal", "data", *first)
    sealing = ("seal", "clean", "--key", "a.key", "--series", "s", "--workers", "1", "--fresh")
    former = ("--from", "old/seal.json", "--trust", "trust.json")
    again = (
        "reseal",
        "clean",
        *former,
        "--key",
        "a.key",
        "--removed",
        "quarantine",
        "--workers",
        "1",
    )
    cases: dict[str, tuple[str, ...]] = {
        "seal afresh": sealing,
        "seal --provable-absence": (*sealing, "--provable-absence"),
        "reseal": again,
        "reseal --receipts": (*again, "--receipts", "receipts"),
    }
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in cases}
    for _ in range(_REPEATS):
        for name, words in cases.items():
            copy = room / "copy"
            shutil.copytree(room / "states", copy)
            found[name].append(run(room, *words, "--cache", "copy", "--out", "new/seal.json"))
            if name == "reseal":
                check = ("verify", "--seal", "new/seal.json", "--trust", "trust.json")
                run(room, *check, "--chain", "old/seal.json")
            for folder in (copy, room / "new"):
                shutil.rmtree(folder)
    base = min(seconds for seconds, _ in found["seal afresh"])
    show(
        f"{rows:,} rows, {_LOSING * _LOST:,} removed, processor seconds, least of {_REPEATS}",
        ("", "s", "of sealing afresh", "MiB"),
        [
            (
                name,
                f"{min(s for s, _ in runs):.2f}",
                f"{min(s for s, _ in runs) / base:.2f}",
                f"{max(m for _, m in runs)}",
            )
            for name, runs in found.items()
        ],
    )


def run(room: Path, *words: str) -> tuple[float, int]:
    """Return processor seconds and peak MiB of one command, which must succeed."""
    with (room / "log").open("w+") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *words], cwd=room, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            log.seek(0)
            sys.exit(f"{' '.join(words)}\n{log.read()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss >> 10


if __name__ == "__main__":
    main()
