"""One sealed shard as a file object."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from provender.provenance.reading.shards import SealedShards


class SealedFile(io.RawIOBase):
    """A seekable, read-only file that serves only bytes that were compared with the seal.

    It has neither a descriptor nor a path, so that no library can go around it. Its position is
    its own: give each reader thread a file, as with any other.

    Args:
        shards: where it lies and how it is checked.
        name: one of their names.

    Raises:
        BrokenTrustError: here when the shard is missing or of another length, later when a chunk
            is not as sealed; no byte of such a chunk is served.
        InputError: when it cannot be read.
    """

    def __init__(self, shards: SealedShards, name: str) -> None:
        super().__init__()
        self._shards, self._name = shards, name
        self._store = shards.open(name)
        #: Length in bytes, as sealed.
        self.size = shards.entries[name].size
        self._position = 0

    def __reduce__(self) -> tuple[Callable[..., SealedFile], tuple[Any, ...]]:
        return _reopened, (self._shards, self._name, self._position)

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

    def read_buffer(self, size: int | None = -1) -> memoryview:
        """Return up to ``size`` bytes without a copy where they lie in one chunk; Arrow asks so."""
        if self.closed:
            raise ValueError("read of a closed file")
        left = max(self.size - self._position, 0)
        start, wanted = self._position, left if size is None or size < 0 else min(size, left)
        if not wanted:
            return memoryview(b"")
        data = self._shards.read(self._name, self._store, start, start + wanted)
        self._position += wanted
        return data

    def read(self, size: int | None = -1) -> bytes:
        """Return up to ``size`` verified bytes (all that are left for None or a negative)."""
        return bytes(self.read_buffer(size))

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        data = self.read_buffer(len(target))
        target[: len(data)] = data
        return len(data)

    def peek(self, size: int = 0) -> bytes:  # noqa: ARG002  how much is ours to choose
        """Return some bytes and stay; without it, RawIOBase reads lines byte by byte."""
        position = self._position
        data = self.read(io.DEFAULT_BUFFER_SIZE)
        self._position = position
        return data

    def close(self) -> None:
        if not self.closed and hasattr(self, "_store"):
            self._store.close()
        super().close()


def _reopened(shards: SealedShards, name: str, position: int) -> SealedFile:
    file = SealedFile(shards, name)
    file.seek(position)
    return file
