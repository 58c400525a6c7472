"""Arrays of one kind on disk, in parts: what is too much for memory, read back in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from provender.errors import StoreError

#: Entries read at a time.
BLOCK_ROWS = 1 << 19


class Spill:
    """``parts`` files of entries of ``kind`` under ``folder``; entries of a part keep their order.

    Raises:
        StoreError: when the folder cannot be written or read back.
    """

    def __init__(self, folder: Path, name: str, kind: np.dtype, parts: int) -> None:
        self.parts = parts
        self.rows = 0
        self._kind = kind
        self._paths = [folder / f"{name}-{part}" for part in range(parts)]

    def add(self, entries: np.ndarray, part: np.ndarray | None = None) -> None:
        """Append ``entries``, each to its ``part`` (int, same length; None: all to the first)."""
        self.rows += len(entries)
        if part is None:
            return self._append(0, entries)
        order = np.argsort(part, kind="stable")
        edges = np.searchsorted(part[order], np.arange(self.parts + 1))
        for number in np.flatnonzero(np.diff(edges)):
            self._append(int(number), entries[order[edges[number] : edges[number + 1]]])
        return None

    def blocks(self, part: int = 0) -> Iterator[np.ndarray]:
        """Yield the entries of a part, `BLOCK_ROWS` at a time."""
        path = self._paths[part]
        if not path.exists():
            return
        with path.open("rb") as file:
            while len(block := np.fromfile(file, self._kind, BLOCK_ROWS)):
                yield block

    def whole(self, part: int) -> np.ndarray:
        """Return all entries of a part."""
        return np.concatenate([np.zeros(0, self._kind), *self.blocks(part)])

    def _append(self, part: int, entries: np.ndarray) -> None:
        try:
            with self._paths[part].open("ab") as file:
                file.write(np.ascontiguousarray(entries).tobytes())
        except OSError as error:
            cause = f"cannot be written ({error.strerror})"
            raise StoreError(str(self._paths[part].parent), cause, "free space there") from error


def part_of(word: np.ndarray, parts: int) -> np.ndarray:
    """Return which of ``parts`` (below 2**31) equal ranges each uint64 lies in."""
    return ((word >> np.uint64(32)) * np.uint64(parts) >> np.uint64(32)).astype(np.int64)
