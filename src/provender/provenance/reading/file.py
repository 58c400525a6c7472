"""One sealed shard as a file object."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from provender.io.seekable import SeekableFile
from provender.provenance.reading.shards import SealedShards


class SealedFile(SeekableFile):
    """A seekable, read-only file that serves only bytes that were compared with the seal.

    It has neither a descriptor nor a path, so that no library can go around it.

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

    def __reduce__(self) -> tuple[Callable[..., SealedFile], tuple[Any, ...]]:
        return _reopened, (self._shards, self._name, self._position)

    def read_buffer(self, size: int | None = -1) -> memoryview:
        """Return up to ``size`` bytes without a copy where they lie in one chunk; Arrow asks so."""
        if self.closed:
            raise ValueError("read of a closed file")
        start, wanted = self._position, self.wanted(size)
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
