"""Bytes on disk against sealed chunks: what is read is hashed, and nothing else is believed.

No time, size, cache or checksum that a store reports counts. A chunk is as strong a proof as the
whole file: its BLAKE3 leaf is bound by the shard's chunk root, and that by the manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from provender.core.entries import ShardEntry
from provender.errors import InputError
from provender.io.chunks import CHUNK_BYTES, chunk_hash, hash_stream, read_fully
from provender.io.storage import open_raw

_DIGEST_BYTES = 32
#: One thread's errand: enough chunks or files that handing it out costs nothing.
_TASK_CHUNKS = 16
_TASK_FILES = 256


@dataclass(frozen=True)
class Stretch:
    """Chunks [first, stop) of one shard, to be read at ``uri``."""

    entry: ShardEntry
    uri: str
    first: int
    stop: int


@dataclass(frozen=True)
class Difference:
    """A stretch that is not as sealed.

    Attributes:
        chunks: indices of chunks whose bytes are others, or not all there.
        longer: whether the file goes on behind its sealed end.
        unreadable: why the rest could not be read, if it could not.
    """

    entry: ShardEntry
    chunks: tuple[int, ...] = ()
    longer: bool = False
    unreadable: str = ""


def chunk_count(entry: ShardEntry) -> int:
    """Return how many chunks a shard has; an empty file has none."""
    return -(-entry.size // CHUNK_BYTES)


def whole_shard(entry: ShardEntry, uri: str) -> Iterator[Stretch]:
    """Yield stretches that cover a shard, so that several threads can read a large one."""
    count = chunk_count(entry)
    for first in range(0, max(count, 1), _TASK_CHUNKS):
        yield Stretch(entry, uri, first, min(first + _TASK_CHUNKS, count))


def chunk_root_of(uri: str, name: str) -> str:
    """Return the hex chunk root of a file's bytes.

    Raises:
        InputError: when it cannot be read.
    """
    try:
        with closing(open_raw(uri, name)) as file:
            return hash_stream(file).chunk_root
    except OSError as error:
        cause = f"cannot be read ({error.strerror or error})"
        raise InputError(name, cause, "restore it from its source") from error


def differences(stretches: Iterable[Stretch]) -> list[Difference]:
    """Return what is not as sealed, one for each shard, in the order of the shards.

    Memory: one chunk for each thread.
    """
    with ThreadPoolExecutor() as threads:
        merged: dict[str, Difference] = {}
        for found in threads.map(_read_all, _errands(stretches)):
            for one in found:
                before = merged.get(one.entry.name, Difference(one.entry))
                merged[one.entry.name] = Difference(
                    one.entry,
                    before.chunks + one.chunks,
                    before.longer or one.longer,
                    before.unreadable or one.unreadable,
                )
    return list(merged.values())


def _errands(stretches: Iterable[Stretch]) -> list[list[Stretch]]:
    errands: list[list[Stretch]] = []
    chunks = _TASK_CHUNKS
    for stretch in stretches:
        if chunks >= _TASK_CHUNKS or len(errands[-1]) >= _TASK_FILES:
            errands.append([])
            chunks = 0
        errands[-1].append(stretch)
        if stretch.entry.size >= CHUNK_BYTES // _TASK_FILES:
            chunks += stretch.stop - stretch.first
    return errands


def _read_all(errand: Sequence[Stretch]) -> list[Difference]:
    return [found for found in map(_read, errand) if found is not None]


def _read(stretch: Stretch) -> Difference | None:
    entry, chunks = stretch.entry, []
    last = stretch.stop == chunk_count(entry)
    try:
        with closing(open_raw(stretch.uri, entry.name)) as file:
            if stretch.first:
                file.seek(stretch.first * CHUNK_BYTES)
            for index in range(stretch.first, stretch.stop):
                wanted = min(CHUNK_BYTES, entry.size - index * CHUNK_BYTES)
                data = read_fully(file, wanted)
                sealed = entry.chunks[index * _DIGEST_BYTES : (index + 1) * _DIGEST_BYTES]
                if chunk_hash(data) != sealed:
                    chunks.append(index)
                if len(data) < wanted:
                    chunks += range(index + 1, stretch.stop)
                    break
            longer = last and bool(file.read(1))
    except InputError as error:
        return Difference(entry, tuple(chunks), unreadable=error.cause)
    except OSError as error:
        return Difference(entry, tuple(chunks), unreadable=error.strerror or str(error))
    if chunks or longer:
        return Difference(entry, tuple(chunks), longer)
    return None
