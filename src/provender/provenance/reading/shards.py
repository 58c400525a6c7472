"""Sealed shards by name, and their chunks: read, hashed, kept for a while, and only then served."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from provender.core.breach import Breach, BreachKind, BrokenTrustError, printable
from provender.core.entries import ShardEntry
from provender.errors import InputError, ProvenderError
from provender.io.chunks import CHUNK_BYTES, chunk_hash
from provender.provenance.reading.log import ReadLog
from provender.provenance.reading.pieces import (
    PIECE_BYTES,
    Pieces,
    digests_between,
    piece_digests,
)
from provender.provenance.reading.stores import Store, open_store

_DIGEST_BYTES = 32
#: Bytes of verified chunks that a process keeps.
CACHE_BYTES = 64 * 2**20


class SealedShards:
    """What may be read, where it lies, and how it is checked; picklable, and safe after a fork.

    Args:
        entries: the shards of a trusted manifest, by name.
        root: address that names are relative to, such as ``file:///data``.
        seal: ``sha256:<hex>`` of the payload of the seal that vouches for them.
        receipt: folder in which each process logs what it read; None to keep no log.
    """

    def __init__(
        self, entries: Mapping[str, ShardEntry], root: str, seal: str, receipt: str | None = None
    ) -> None:
        self.entries, self.root, self.seal, self.receipt = entries, root, seal, receipt
        self._begin()

    def _begin(self) -> None:
        """Start anew in this process: a lock that was held at the fork would never open again."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], memoryview] = OrderedDict()
        self._pieces = Pieces()
        self._log: ReadLog | None = None
        self._process = os.getpid()

    def __getstate__(self) -> dict[str, Any]:
        return {n: vars(self)[n] for n in ("entries", "root", "seal", "receipt")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def open(self, name: str) -> Store:
        """Open a shard of ``entries``.

        Raises:
            BrokenTrustError: when it is missing, or longer or shorter than it was sealed.
            InputError: when it cannot be opened.
        """
        size, store = self.entries[name].size, open_store(self.root, name)
        if store.size != size:
            store.close()
            raise self._changed(name, f"has {store.size:,} bytes, {size:,} were sealed")
        return store

    def read(self, name: str, store: Store, start: int, stop: int) -> memoryview:
        """Return the verified bytes [start, stop) of a shard, as read-only memory of our own.

        Raises:
            BrokenTrustError: when a chunk that they lie in is not as sealed.
            InputError: when it cannot be read.
            StoreError: when the log of reads cannot be written.
        """
        first, last = start // CHUNK_BYTES, (stop - 1) // CHUNK_BYTES
        if first == last:
            origin = first * CHUNK_BYTES
            return self._within(name, store, first, start - origin, stop - origin)
        result = _memory(stop - start)
        for index in range(first, last + 1):
            begin, end = self._bounds(name, index)
            target = result[max(begin, start) - start : min(end, stop) - start]
            if begin >= start and end <= stop and not self._recall(name, index):
                self._fill(name, store, index, target)
            else:
                part = max(begin, start) - begin, min(end, stop) - begin
                target[:] = self._within(name, store, index, *part)
        return result.toreadonly()

    def _within(self, name: str, store: Store, index: int, start: int, stop: int) -> memoryview:
        """Return the bytes [start, stop) of a chunk: kept, by its pieces, or by all of it."""
        found = self._recall(name, index)
        if found is not None:
            return found[start:stop]
        begin, end = self._bounds(name, index)
        small = stop - start <= CHUNK_BYTES // 2
        with self._lock:
            digests = self._pieces.recall((name, index)) if small else None
            # In a scan the chunk before was read just now: it will not come back to this one.
            jumped = small and index > 0 and (name, index - 1) not in self._kept
        if digests is not None:
            first = start - start % PIECE_BYTES
            last = min(-(-stop // PIECE_BYTES) * PIECE_BYTES, end - begin)
            target = _memory(last - first)
            self._take(name, store, begin + first, target)
            if piece_digests(target) != digests_between(digests, first, last):
                raise self._other_bytes(name, index)
            return target.toreadonly()[start - first : stop - first]
        target = _memory(end - begin)
        self._fill(name, store, index, target)
        digests = piece_digests(target) if jumped else None
        with self._lock:
            if digests is not None:
                self._pieces.learn((name, index), digests)
            self._kept[name, index] = target.toreadonly()
            while len(self._kept) > CACHE_BYTES // CHUNK_BYTES:
                self._kept.popitem(last=False)
        return target.toreadonly()[start:stop]

    def _recall(self, name: str, index: int) -> memoryview | None:
        if self._process != os.getpid():
            self._begin()
        with self._lock:
            found = self._kept.get((name, index))
            if found is not None:
                self._kept.move_to_end((name, index))
            return found

    def _bounds(self, name: str, index: int) -> tuple[int, int]:
        return index * CHUNK_BYTES, min((index + 1) * CHUNK_BYTES, self.entries[name].size)

    def _fill(self, name: str, store: Store, index: int, target: memoryview) -> None:
        """Read a chunk into ``target`` and compare it: who changes the file now is too late."""
        self._take(name, store, index * CHUNK_BYTES, target)
        sealed = self.entries[name].chunks[index * _DIGEST_BYTES : (index + 1) * _DIGEST_BYTES]
        if chunk_hash(target) != sealed:
            raise self._other_bytes(name, index)
        self._note(name, index)

    def _take(self, name: str, store: Store, start: int, target: memoryview) -> None:
        """Fill ``target`` with bytes that nobody has compared yet."""
        try:
            count = store.read_into(start, target)
        except ProvenderError:
            raise
        except Exception as error:  # every remote store brings exception types of its own
            cause = f"cannot be read ({error})"
            raise InputError(name, cause, "restore it from its source") from error
        if count < len(target):
            raise self._other_bytes(name, start // CHUNK_BYTES)

    def _note(self, name: str, index: int) -> None:
        if self.receipt is not None:
            with self._lock:
                self._log = self._log or ReadLog(self.receipt, self.seal)
                self._log.note(name, index)

    def _other_bytes(self, name: str, index: int) -> BrokenTrustError:
        begin, end = self._bounds(name, index)
        what = f"its bytes are not those sealed (chunk {index}, bytes {begin:,} to {end:,})"
        return self._changed(name, what, index)

    def _changed(self, name: str, what: str, chunk: int | None = None) -> BrokenTrustError:
        message = f"{printable(name)}: {what}"
        breach = Breach(BreachKind.SHARD_CHANGED, message, name, chunk)
        return BrokenTrustError(self.root.removeprefix("file://"), [breach])


def _memory(size: int) -> memoryview:
    """Return memory out of Arrow's pool, which is not cleared each time as bytes are."""
    return memoryview(pa.allocate_buffer(size)).cast("B")
