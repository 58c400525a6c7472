"""The manifest: what a data set is, byte by byte and row by row, without naming where or when.

``root`` binds the shards' names, bytes and rows (RFC 6962 over canonical JSON leaves sorted by
name); ``rows.multiset`` is the order-free identity of the records, whatever the sharding.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from provender.core.canonical import canonical_json
from provender.core.digest import digest_of
from provender.core.merkle import merkle_root
from provender.errors import InputError

MANIFEST_VERSION = "provender-manifest/1"


@dataclass(frozen=True)
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
    """

    name: str
    size: int
    sha256: str
    chunk_root: str
    rows: int
    row_root: str
    row_multiset: str
    schema: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "schema": [list(pair) for pair in self.schema]}


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

    @property
    def root(self) -> str:
        """``sha256:<hex>``: the RFC 6962 root over the shards' canonical JSON leaves."""
        return "sha256:" + merkle_root(canonical_json(s.to_json()) for s in self.shards).hex()

    def to_json(self) -> dict[str, Any]:
        schemas = sorted({s.schema for s in self.shards})
        return {
            "version": MANIFEST_VERSION,
            "made": self.made,
            "root": self.root,
            "rows": {"count": self.rows, "multiset": self.multiset},
            "bytes": sum(s.size for s in self.shards),
            "schema_digest": digest_of([[list(pair) for pair in schema] for schema in schemas]),
            "shards": [s.to_json() for s in self.shards],
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
            shards = tuple(
                ShardEntry(
                    name=_typed(s["name"], str),
                    size=_typed(s["size"], int),
                    sha256=_typed(s["sha256"], str),
                    chunk_root=_typed(s["chunk_root"], str),
                    rows=_typed(s["rows"], int),
                    row_root=_typed(s["row_root"], str),
                    row_multiset=_typed(s["row_multiset"], str),
                    schema=tuple((_typed(n, str), _typed(t, str)) for n, t in s["schema"]),
                )
                for s in value["shards"]
            )
            manifest = Manifest(
                shards,
                _typed(value["rows"]["count"], int),
                _typed(value["rows"]["multiset"], str),
                _typed(value["made"], dict),
            )
            recorded = value["root"]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                subject, f"not a manifest ({error})", "write it again with `provender fingerprint`"
            ) from error
        names = [s.name for s in shards]
        if names != sorted(set(names)):
            raise InputError(subject, "shard names are not sorted and unique", "write it again")
        if recorded != manifest.root or sum(s.rows for s in shards) != manifest.rows:
            raise InputError(subject, "the root is not that of the entries", "write it again")
        return manifest


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value
