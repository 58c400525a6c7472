"""The manifest: what a data set is, byte by byte and row by row, without naming where or when.

``root`` binds the shards' names, bytes and rows (RFC 6962 over canonical JSON leaves sorted by
name); ``rows.multiset`` is the order-free identity of the records, whatever the sharding.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property, lru_cache
from json.encoder import encode_basestring
from typing import Any

from provender.core.canonical import Verbatim, canonical_json
from provender.core.digest import digest_of
from provender.core.merkle import CompactRange, merkle_root
from provender.errors import InputError

MANIFEST_VERSION = "provender-manifest/2"
_DIGEST_BYTES = 32

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

    def canonical(self, whole: bool = False) -> Verbatim:
        """Return `leaf` (or, ``whole``, `to_json`) as canonical JSON.

        Written out, since of 100,000 small files it takes longer than to hash them.
        """
        quoted = encode_basestring
        between = f'"chunks":"{self._listed()}",' if whole and self._listed() else ""
        return Verbatim(
            f'{{"chunk_root":{quoted(self.chunk_root)},{between}"name":{quoted(self.name)},'
            f'"row_multiset":{quoted(self.row_multiset)},"row_root":{quoted(self.row_root)},'
            f'"rows":{self.rows:d},"schema":"{schema_digest(self.schema)}",'
            f'"sha256":{quoted(self.sha256)},"size":{self.size:d}}}'
        )

    def to_json(self) -> dict[str, Any]:
        listed = self._listed()
        return {**self.leaf(), "chunks": listed} if listed else self.leaf()

    def _listed(self) -> str:
        """The root over one chunk is its leaf hash, so small shards need no list."""
        return base64.b64encode(self.chunks).decode() if len(self.chunks) > _DIGEST_BYTES else ""


@dataclass(frozen=True)
class Manifest:
    """All shards of a data set, sorted by name.

    Attributes:
        shards: entries sorted by name, names unique.
        rows: records in all shards.
        multiset: hex digest of all records as a multiset, over all shards.
        made: how it was made: encodings, chunk size, tool version. No time, host or path.
    """

    shards: tuple[ShardEntry, ...]
    rows: int
    multiset: str
    made: dict[str, Any]

    @cached_property
    def root(self) -> str:
        """``sha256:<hex>``: the RFC 6962 root over the shards' canonical JSON leaves."""
        return "sha256:" + merkle_root(s.canonical().encode() for s in self.shards).hex()

    @cached_property
    def digest(self) -> str:
        """``sha256:<hex>`` over the canonical JSON of the whole document."""
        return digest_of({**self.heading(), "shards": self._canonical_shards()})

    @cached_property
    def canonical(self) -> bytes:
        """The document's canonical JSON (RFC 8785): what a seal is about."""
        return canonical_json({**self.heading(), "shards": self._canonical_shards()})

    def to_json(self) -> dict[str, Any]:
        return {**self.heading(), "shards": [s.to_json() for s in self.shards]}

    def _canonical_shards(self) -> list[Verbatim]:
        return [s.canonical(whole=True) for s in self.shards]

    def heading(self) -> dict[str, Any]:
        """Return the document without its shards: what does not grow with them."""
        schemas = {schema_digest(s): s for s in {s.schema for s in self.shards}}
        return {
            "version": MANIFEST_VERSION,
            "made": self.made,
            "root": self.root,
            "rows": {"count": self.rows, "multiset": self.multiset},
            "bytes": sum(s.size for s in self.shards),
            "schemas": {d: [list(pair) for pair in schemas[d]] for d in sorted(schemas)},
        }

    @staticmethod
    def from_json(value: Any, subject: str = "manifest.json") -> Manifest:
        """Read a manifest back and recompute its root.

        Raises:
            InputError: when a field is missing or of the wrong type, names are unsorted or
                repeated, or the recorded root is not the root of the entries.
        """
        try:
            if value["version"] != MANIFEST_VERSION:
                raise InputError(
                    subject,
                    f"version {value['version']!r} is not {MANIFEST_VERSION!r}",
                    "write it again with this release",
                )
            schemas = _schemas(value["schemas"])
            chunk_bytes = _typed(value["made"]["chunk_bytes"], int)
            shards = tuple(_entry(s, schemas, chunk_bytes) for s in value["shards"])
            manifest = Manifest(
                shards,
                _typed(value["rows"]["count"], int),
                _typed(value["rows"]["multiset"], str),
                _typed(value["made"], dict),
            )
            recorded = value["root"]
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise InputError(
                subject, f"not a manifest ({error})", "write it again with `provender fingerprint`"
            ) from error
        names = [s.name for s in shards]
        if names != sorted(set(names)):
            raise InputError(subject, "shard names are not sorted and unique", "write it again")
        if recorded != manifest.root or sum(s.rows for s in shards) != manifest.rows:
            raise InputError(subject, "the root is not that of the entries", "write it again")
        return manifest


@lru_cache(maxsize=1024)
def schema_digest(schema: Schema) -> str:
    """Return ``sha256:<hex>`` over a shard's columns and their types, in file order."""
    return digest_of([list(pair) for pair in schema])


def _schemas(value: Any) -> dict[str, Schema]:
    schemas = {}
    for digest, pairs in _typed(value, dict).items():
        schema = tuple((_typed(n, str), _typed(t, str)) for n, t in pairs)
        if schema_digest(schema) != digest:
            raise ValueError(f"schema {digest} has another digest")
        schemas[digest] = schema
    return schemas


def _entry(value: Any, schemas: dict[str, Schema], chunk_bytes: int) -> ShardEntry:
    size, chunk_root = _typed(value["size"], int), _typed(value["chunk_root"], str)
    count = -(-size // chunk_bytes)
    if "chunks" in value:
        chunks = base64.b64decode(_typed(value["chunks"], str), validate=True)
    else:
        chunks = bytes.fromhex(chunk_root) if count else b""
    leaves = [chunks[i : i + _DIGEST_BYTES] for i in range(0, len(chunks), _DIGEST_BYTES)]
    if len(chunks) != count * _DIGEST_BYTES or chunk_root != _root(leaves):
        raise ValueError(f"the chunks of {value['name']!r} are not those of its root")
    return ShardEntry(
        name=_typed(value["name"], str),
        size=size,
        sha256=_typed(value["sha256"], str),
        chunk_root=chunk_root,
        rows=_typed(value["rows"], int),
        row_root=_typed(value["row_root"], str),
        row_multiset=_typed(value["row_multiset"], str),
        schema=schemas[value["schema"]],
        chunks=chunks,
    )


def _root(leaves: list[bytes]) -> str:
    return CompactRange.of_leaves(0, leaves).root().hex()


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value
