"""Tables on stdout, and folders for one run."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path


def show(title: str, head: Sequence[str], lines: Sequence[Sequence[object]]) -> None:
    """Print a table under its title: the first column to the left, the others to the right."""
    cells = [[str(cell) for cell in row] for row in (head, *lines)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f"\n{title}")
    for first, *rest in cells:
        padded = [c.rjust(w) for c, w in zip(rest, widths[1:], strict=True)]
        print("  " + "  ".join([first.ljust(widths[0]), *padded]), flush=True)


@contextlib.contextmanager
def empty_folder(scratch: Path) -> Iterator[Path]:
    """Yield an empty folder for one run's output and cache; it is removed afterwards."""
    room = Path(tempfile.mkdtemp(dir=scratch))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
