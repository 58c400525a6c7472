"""One thing that somebody will feed the product one day, and what must be said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SCAN = ("scan", "data", "--out", "out")


@dataclass(frozen=True)
class BadInput:
    """One case.

    Attributes:
        make: makes it in the working folder.
        code: the exit code that docs/errors.md gives it.
        says: what the line on stderr must hold: the thing, the cause, the mend.
        command: what is typed after `provender`.
        lines: lines on stderr that are complaints (one per broken shard).
    """

    name: str
    make: Callable[[Path], object]
    code: int
    says: tuple[str, ...]
    command: tuple[str, ...] = SCAN
    lines: int = 1
