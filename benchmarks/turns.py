"""Sides of a comparison take turns in one run: wall and CPU seconds of functions and processes."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

#: Wall and CPU seconds.
Taken = tuple[float, float]
Side = Callable[[], Taken]


def here(work: Callable[[], object]) -> Side:
    """Time ``work`` in this process, all its threads."""

    def side() -> Taken:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return time.perf_counter() - wall, time.process_time() - cpu

    return side


def command(*words: str, cwd: Path, before: Callable[[], object] = lambda: None) -> Side:
    """Time a process and its children; ``before`` is not timed."""

    def side() -> Taken:
        before()
        wall, used = time.perf_counter(), _children()
        subprocess.run(words, cwd=cwd, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - wall, _children() - used

    return side


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def least(sides: dict[str, Side], repeats: int) -> dict[str, Taken]:
    """Let the sides take turns; return the least wall and the least CPU seconds of each."""
    taken: dict[str, list[Taken]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, side in sides.items():
            taken[name].append(side())
            print(".", end="", file=sys.stderr, flush=True)
    return {
        name: (min(w for w, _ in all_), min(c for _, c in all_)) for name, all_ in taken.items()
    }
