"""What every file of ours that is read only and knows its length has in common."""

from __future__ import annotations

import io


class SeekableFile(io.RawIOBase):
    """A read-only file with a position of its own; how bytes are got is its subclass' affair.

    Its position is shared by all who hold it: give each reader thread a file of its own.

    Attributes:
        size: length in bytes, known from the start.
    """

    size: int

    def __init__(self) -> None:
        super().__init__()
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(f"cannot seek to {base + offset}")
        self._position = base + offset
        return self._position

    def wanted(self, size: int | None) -> int:
        """Return how many bytes a read of ``size`` gives here: None or a negative for the rest."""
        left = max(self.size - self._position, 0)
        return left if size is None or size < 0 else min(size, left)
