"""The manifest: what a data set is, byte by byte and row by row, without naming where or when.

``root`` binds the shards' names, bytes and rows (RFC 6962 over canonical JSON leaves sorted by
name); ``rows.multiset`` is the order-free identity of the records, whatever the sharding.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from provender.core.canonical import canonical_json
from provender.core.digest import digest_of
from provender.core.entries import DIGEST_BYTES, Entries, Schema, ShardEntry, schema_digest
from provender.core.lazily import Lazily
from provender.core.merkle import CompactRange, merkle_root
from provender.errors import InputError

MANIFEST_VERSION = "provender-manifest/2"


@dataclass(frozen=True)
class Manifest:
    """All shards of a data set, sorted by name.

    Attributes:
        shards: entries sorted by name, names unique.
        rows: records in all shards.
        multiset: hex digest of all records as a multiset, over all shards.
        made: how it was made: encodings, chunk size, tool version. No time, host or path.
    """

    shards: Entries
    rows: int
    multiset: str
    made: dict[str, Any]

    @cached_property
    def root(self) -> str:
        """``sha256:<hex>``: the RFC 6962 root over the shards' canonical JSON leaves."""
        return "sha256:" + merkle_root(text.encode() for text in self._texts(False)).hex()

    @cached_property
    def digest(self) -> str:
        """``sha256:<hex>`` over the canonical JSON of the whole document."""
        return digest_of({**self.heading(), "shards": self._texts(True)})

    @cached_property
    def canonical(self) -> bytes:
        """The document's canonical JSON (RFC 8785): what a seal is about."""
        return canonical_json({**self.heading(), "shards": self._texts(True)})

    def to_json(self) -> dict[str, Any]:
        return {**self.heading(), "shards": [s.to_json() for s in self.shards]}

    def document(self) -> dict[str, Any]:
        """Return `to_json` for who writes it out: a shard's part is made when it is its turn."""
        shards = Lazily(len(self.shards), lambda place: self.shards[place].to_json())
        return {**self.heading(), "shards": shards}

    def _texts(self, whole: bool) -> Lazily:
        return Lazily(len(self.shards), partial(self.shards.text, whole=whole))

    def heading(self) -> dict[str, Any]:
        """Return the document without its shards: what does not grow with them."""
        schemas = {schema_digest(schema): schema for schema in self.shards.schemas}
        return {
            "version": MANIFEST_VERSION,
            "made": self.made,
            "root": self.root,
            "rows": {"count": self.rows, "multiset": self.multiset},
            "bytes": self.shards.size,
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
            shards = Entries(_entry(s, schemas, chunk_bytes) for s in value["shards"])
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
        if list(shards.names) != sorted(set(shards.names)):
            raise InputError(subject, "shard names are not sorted and unique", "write it again")
        if recorded != manifest.root or shards.rows != manifest.rows:
            raise InputError(subject, "the root is not that of the entries", "write it again")
        return manifest


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
    leaves = [chunks[i : i + DIGEST_BYTES] for i in range(0, len(chunks), DIGEST_BYTES)]
    if len(chunks) != count * DIGEST_BYTES or chunk_root != _root(leaves):
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
