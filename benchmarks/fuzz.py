"""Fuzzing: hostile documents for every parser, and hostile DVC repositories, counted.

python -m benchmarks.fuzz [--inputs 1000000] [--first 0] [--workers 2]

Inputs are made from their number, so a run goes on where another ended (--first), and what went
wrong can be made again (tests/fuzz/hostile.py). Exit code 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import functools
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.table import show
from tests.fuzz.hostile import bombs, hostile
from tests.fuzz.repositories import REPOSITORY, fed_repository
from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import MOST_MEGABYTES, MOST_SECONDS, Tally, fed, limit_memory, watch_files

#: Of 1,000 inputs this many are whole repositories, which take a hundred times as long.
_REPOSITORIES = 20
_BLOCK = 1000
_BOMB_BYTES = 64 * 2**20

Tallies = dict[str, Tally]


def _prepared() -> None:
    limit_memory()
    watch_files()


def _block(first: int, scratch: str) -> Tallies:
    """Feed inputs ``first`` to ``first`` + 1,000."""
    tallies: Tallies = {}
    base = Path(tempfile.mkdtemp(dir=scratch))
    for number in range(first, first + _BLOCK):
        if number % _BLOCK < _REPOSITORIES:
            name, tally = REPOSITORY.name, fed_repository(base, number)
        else:
            target = TARGETS[number % len(TARGETS)]
            name, tally = target.name, fed(target, hostile(target, number), f"input {number}")
        tallies[name] = tallies.get(name, Tally()).merge(tally)
    shutil.rmtree(base)
    return tallies


def _bomb(index: int) -> Tallies:
    """Feed one bomb to every parser."""
    name, make = bombs()[index]
    raw = make(_BOMB_BYTES)
    _prepared()
    return {f"{t.name}, bombs": fed(t, raw, name) for t in TARGETS}


def _merged(into: Tallies, more: Tallies) -> None:
    for name, tally in more.items():
        for line in tally.wrong:  # at once: a run may be cut off
            print(line, file=sys.stderr, flush=True)
        into[name] = into.get(name, Tally()).merge(tally)


def run(first: int, inputs: int, workers: int, told: Callable[[int], None]) -> Tallies:
    """Feed ``inputs`` inputs, rounded up to thousands, and all bombs."""
    tallies: Tallies = {}
    with ProcessPoolExecutor(workers, max_tasks_per_child=1) as alone:
        for found in alone.map(_bomb, range(len(bombs()))):
            _merged(tallies, found)
    with (
        tempfile.TemporaryDirectory() as scratch,
        ProcessPoolExecutor(workers, initializer=_prepared) as pool,
    ):
        blocks = range(first, first + inputs, _BLOCK)
        work = functools.partial(_block, scratch=scratch)
        for count, found in enumerate(pool.map(work, blocks), 1):
            _merged(tallies, found)
            told(first + count * _BLOCK)
    return tallies


def main() -> None:
    """Print a line for each parser; inputs that broke a promise are told on stderr."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    began = time.monotonic()

    def told(reached: int) -> None:
        if reached % 100_000 == 0:
            print(f"{reached:,} reached, {time.monotonic() - began:,.0f} s", file=sys.stderr)

    tallies = run(given.first, given.inputs, given.workers, told)
    lines = [
        (name, f"{t.inputs:,}", f"{t.accepted:,}", f"{t.slowest:.2f}", len(t.wrong))
        for name, t in sorted(tallies.items())
    ]
    total = sum(t.inputs for t in tallies.values())
    spent = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    show(
        f"Fuzzing: {total:,} inputs from number {given.first:,} in {spent:,.0f} s; at most "
        f"{MOST_SECONDS:g} s and {MOST_MEGABYTES} MB each (largest process {peak:,.0f} MB)",
        ("parser", "inputs", "accepted", "slowest, CPU s", "wrong"),
        lines,
    )
    if any(tally.wrong for tally in tallies.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
