"""Manifest entries: each shard's identities, and many of them packed."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, overload

from provender.core.canonical import Verbatim
from provender.core.digest import digest_of

DIGEST_BYTES = 32

Schema = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """One shard's identities.

    Attributes:
        name: POSIX path relative to the data set's root.
        size: bytes.
        sha256: hex digest of the file's bytes.
        chunk_root: hex RFC 6962 root over fixed-size chunks of the bytes.
        rows: record count.
        row_root: hex RFC 6962 root over the records in order.
        row_multiset: hex digest of the records whatever their order.
        schema: (column, type) pairs in file order.
        chunks: leaf hashes of the chunks, 32 bytes each, concatenated: what any byte range of the
            file is verified with, alone. Bound by ``chunk_root``.
    """

    name: str
    size: int
    sha256: str
    chunk_root: str
    rows: int
    row_root: str
    row_multiset: str
    schema: Schema
    chunks: bytes = b""

    def leaf(self) -> dict[str, Any]:
        """Return what the manifest's root binds of this shard, as JSON values."""
        return {
            "name": self.name,
            "size": self.size,
            "sha256": self.sha256,
            "chunk_root": self.chunk_root,
            "rows": self.rows,
            "row_root": self.row_root,
            "row_multiset": self.row_multiset,
            "schema": schema_digest(self.schema),
        }

    def to_json(self) -> dict[str, Any]:
        """Return `leaf`, and the list of chunks where there are several."""
        listed = _listed(self.chunks)
        return {**self.leaf(), "chunks": listed} if listed else self.leaf()


class Entries(Sequence[ShardEntry]):
    """Entries of many shards, packed: each is made when it is asked for.

    Attributes:
        names: of the shards, in their order.
        schemas: the different ones among them.
        size, rows: bytes and records of all shards.

    Raises:
        ValueError: when a digest is not one of 32 bytes in hex, or a number is below 0 or beyond
            64 bits.
    """

    _FIXED = struct.Struct("<QQL32s32s32s32s")

    def __init__(self, entries: Iterable[ShardEntry] = ()) -> None:
        self.size = self.rows = 0
        names: list[str] = []
        fixed = bytearray()
        schemas: dict[Schema, int] = {}
        self._chunks: dict[int, bytes] = {}
        for place, entry in enumerate(entries):
            names.append(entry.name)
            schema = schemas.setdefault(entry.schema, len(schemas))
            digests = (entry.sha256, entry.chunk_root, entry.row_root, entry.row_multiset)
            packed = [bytes.fromhex(digest) for digest in digests]
            try:
                fixed += self._FIXED.pack(entry.size, entry.rows, schema, *packed)
            except struct.error as error:
                raise ValueError(f"{entry.name!r} has a number out of range") from error
            if set(map(len, packed)) != {DIGEST_BYTES}:
                raise ValueError(f"{entry.name!r} has a digest that is not of 32 bytes")
            # The root over one chunk is its leaf hash: most small shards need no list.
            if entry.chunks != (packed[1] if entry.size else b""):
                self._chunks[place] = entry.chunks
            self.size += entry.size
            self.rows += entry.rows
        self.names = tuple(names)
        self.schemas = tuple(schemas)
        self._fixed = bytes(fixed)

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, place: int) -> ShardEntry: ...
    @overload
    def __getitem__(self, place: slice) -> Entries: ...
    def __getitem__(self, place: int | slice) -> ShardEntry | Entries:
        found = range(len(self.names))[place]
        return Entries(map(self._entry, found)) if isinstance(found, range) else self._entry(found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entries) and self._all() == other._all()

    def __hash__(self) -> int:
        return hash((self.names, self._fixed))

    def text(self, place: int, whole: bool = False) -> Verbatim:
        """Return an entry's `leaf` (or, ``whole``, `to_json`) as canonical JSON.

        Written out, since of 100,000 small files it takes longer than to hash them.
        """
        size, rows, schema, *digests = self._unpacked(place)
        sha256, chunk_root, row_root, row_multiset = (digest.hex() for digest in digests)
        between = _listed(self._chunks.get(place, b"")) if whole else ""
        between = f'"chunks":"{between}",' if between else ""
        return Verbatim(
            f'{{"chunk_root":"{chunk_root}",{between}"name":{encode_basestring(self.names[place])},'
            f'"row_multiset":"{row_multiset}","row_root":"{row_root}","rows":{rows:d},'
            f'"schema":"{schema_digest(self.schemas[schema])}","sha256":"{sha256}","size":{size:d}}}'
        )

    def _unpacked(self, place: int) -> tuple[Any, ...]:
        return self._FIXED.unpack_from(self._fixed, place * self._FIXED.size)

    def _entry(self, place: int) -> ShardEntry:
        size, rows, schema, *digests = self._unpacked(place)
        sha256, chunk_root, row_root, row_multiset = (digest.hex() for digest in digests)
        chunks = self._chunks.get(place, digests[1] if size else b"")
        return ShardEntry(
            self.names[place],
            size,
            sha256,
            chunk_root,
            rows,
            row_root,
            row_multiset,
            self.schemas[schema],
            chunks,
        )

    def _all(self) -> tuple[Any, ...]:
        return self.names, self.schemas, self._fixed, self._chunks


@lru_cache(maxsize=1024)
def schema_digest(schema: Schema) -> str:
    """Return ``sha256:<hex>`` over a shard's columns and their types, in file order."""
    return digest_of([list(pair) for pair in schema])


def _listed(chunks: bytes) -> str:
    return base64.b64encode(chunks).decode() if len(chunks) > DIGEST_BYTES else ""
