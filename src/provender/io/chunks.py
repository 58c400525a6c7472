"""Chunk digests, and a file object that checks every chunk before it serves a byte of it.

A file is cut into chunks of ``CHUNK_BYTES``; its tree has their leaf hashes as leaves, so any byte
range can be checked alone, while it is read. The tree is RFC 6962's but for the leaf hash, which
is BLAKE3: readers check every chunk again, at three times the speed of SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import BinaryIO

from blake3 import blake3

from provender.core.merkle import CompactRange
from provender.errors import IntegrityError
from provender.io.seekable import SeekableFile

CHUNK_BYTES = 4 * 2**20
CHUNK_HASH = "BLAKE3-256(0x00 || chunk)"
_LEAF = b"\x00"
_DIGEST_BYTES = 32
#: Read at a time into one buffer: both hashes find it in the processor's cache.
_PIECE_BYTES = 2**20
_FIRST_BYTES = 2**14
_CACHED_CHUNKS = 8
_MEND = "find out who writes to the data, then run again"


def chunk_hash(chunk: bytes | memoryview) -> bytes:
    """Return the leaf hash of a chunk: BLAKE3-256(0x00 || chunk), 32 bytes."""
    return blake3(_LEAF).update(chunk).digest()


@dataclass(frozen=True)
class ByteDigests:
    """What one read of a file's bytes gives.

    Attributes:
        size: bytes read.
        sha256: hex digest of all bytes.
        chunk_root: hex root of the tree over the chunks.
        chunks: the chunks' leaf hashes, 32 bytes each, concatenated in order.
    """

    size: int
    sha256: str
    chunk_root: str
    chunks: bytes


def hash_stream(file: BinaryIO) -> ByteDigests:
    """Read ``file`` from where it stands to its end and return its digests."""
    whole, leaf = hashlib.sha256(), blake3(_LEAF)
    leaves: list[bytes] = []
    size, left = 0, CHUNK_BYTES
    buffer = memoryview(bytearray(_FIRST_BYTES))
    while count := _read_into(file, buffer[:left]):
        piece = buffer[:count]
        whole.update(piece)
        leaf.update(piece)
        size, left = size + count, left - count
        if not left:
            leaves.append(leaf.digest())
            leaf, left = blake3(_LEAF), CHUNK_BYTES
        if count == _FIRST_BYTES:  # not a small file
            buffer = memoryview(bytearray(_PIECE_BYTES))
    if left < CHUNK_BYTES:
        leaves.append(leaf.digest())
    # The root over one leaf is the leaf.
    root = leaves[0] if len(leaves) == 1 else CompactRange.of_leaves(0, leaves).root()
    return ByteDigests(size, whole.hexdigest(), root.hex(), b"".join(leaves))


def _read_into(file: BinaryIO, buffer: memoryview) -> int:
    """Read some bytes, 0 at the end; remote files may know no ``readinto``."""
    readinto = getattr(file, "readinto", None)
    if readinto is not None:
        return int(readinto(buffer))
    data = file.read(len(buffer))
    buffer[: len(data)] = data
    return len(data)


class VerifiedFile(SeekableFile):
    """A seekable, read-only file that serves only bytes whose chunk has the recorded digest.

    The last few chunks are kept, so small reads do not hash again. Reads are serialised by a
    lock.

    Args:
        raw: the file underneath, seekable.
        size: recorded length in bytes.
        chunks: recorded leaf hashes, 32 bytes per chunk.
        subject: the shard's name, for errors.

    Raises:
        IntegrityError: here when the length differs, later when a chunk does. The first such
            error is kept in ``failure``, since a decoder may swallow or rewrap it.
    """

    def __init__(self, raw: BinaryIO, size: int, chunks: bytes, subject: str) -> None:
        super().__init__()
        self.failure: IntegrityError | None = None
        self.size = size
        self._raw, self._digests, self._subject = raw, chunks, subject
        self._recent: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.RLock()
        expected = -(-size // CHUNK_BYTES) * _DIGEST_BYTES
        if len(chunks) != expected:
            raise self._fail(f"{len(chunks)} bytes of chunk digests for {size} bytes of data")
        length = raw.seek(0, io.SEEK_END)
        if length != size:
            raise self._fail(
                f"bytes changed while they were read: {size} recorded, {length} in the file"
            )

    def read(self, size: int | None = -1) -> bytes:
        """Return up to ``size`` verified bytes (all that are left for None or a negative)."""
        with self._lock:
            end = self._position + self.wanted(size)
            pieces = []
            while self._position < end:
                index, offset = divmod(self._position, CHUNK_BYTES)
                piece = self._chunk(index)[offset : offset + end - self._position]
                pieces.append(piece)
                self._position += len(piece)
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()

    def _chunk(self, index: int) -> bytes:
        if index in self._recent:
            self._recent.move_to_end(index)
            return self._recent[index]
        start = index * CHUNK_BYTES
        self._raw.seek(start)
        data = read_fully(self._raw, min(CHUNK_BYTES, self.size - start))
        recorded = self._digests[index * _DIGEST_BYTES : (index + 1) * _DIGEST_BYTES]
        if chunk_hash(data) != recorded:
            raise self._fail(
                f"bytes changed while they were read (bytes {start} to {start + len(data)})"
            )
        self._recent[index] = data
        if len(self._recent) > _CACHED_CHUNKS:
            self._recent.popitem(last=False)
        return data

    def _fail(self, cause: str) -> IntegrityError:
        self.failure = self.failure or IntegrityError(self._subject, cause, _MEND)
        return self.failure


def read_fully(file: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes, or what is left: a raw or remote file may give fewer at a time."""
    data = file.read(size)
    if len(data) == size or not data:
        return data
    pieces = [data]
    missing = size - len(data)
    while missing and (data := file.read(missing)):
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces)
