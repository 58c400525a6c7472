"""That a record stands in a sealed data set, shown to somebody who may not see the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provender.core.audit_path import path_root
from provender.core.canonical import canonical_json
from provender.core.fields import fields, hex_digest
from provender.core.merkle import leaf_hash
from provender.core.strict_json import strict_json

PROOF_VERSION = "provender-proof/1"
_MAX_BYTES = 2**20
_MAX_VALUES = 5_000


@dataclass(frozen=True)
class Proof:
    """That a record stands in a sealed data set, revealing no other record.

    Attributes:
        record: the record's leaf hash, 32 bytes.
        row: its number in the shard, from 0.
        row_path: from there to the shard's row root.
        shard: what the manifest's root binds of the shard (`ShardEntry.leaf`).
        shard_index: the shard's place by name, from 0.
        shard_path: from there to the manifest's root.
    """

    record: bytes
    row: int
    row_path: tuple[bytes, ...]
    shard: dict[str, Any]
    shard_index: int
    shard_path: tuple[bytes, ...]

    def root(self, shards: int) -> str:
        """Return ``sha256:<hex>``, the root of the manifest of ``shards`` that it leads to.

        Raises:
            ValueError: when it leads nowhere.
        """
        found = path_root(self.record, self.row, self.shard["rows"], self.row_path)
        if found.hex() != self.shard["row_root"]:
            raise ValueError("the record does not lead to the shard's rows")
        leaf = leaf_hash(canonical_json(self.shard))
        return "sha256:" + path_root(leaf, self.shard_index, shards, self.shard_path).hex()

    def to_json(self) -> dict[str, Any]:
        return {
            "version": PROOF_VERSION,
            "record": self.record.hex(),
            "row": self.row,
            "row_path": [digest.hex() for digest in self.row_path],
            "shard": self.shard,
            "shard_index": self.shard_index,
            "shard_path": [digest.hex() for digest in self.shard_path],
        }


def parse_document(data: bytes) -> dict[str, Any]:
    """Return the JSON object of a proof or a receipt, whichever it is.

    Raises:
        InputError, ValueError: when it is no object of bounded size with a version.
    """
    value = strict_json(data, "proof", _MAX_BYTES, _MAX_VALUES)
    if not isinstance(value, dict) or not isinstance(value.get("version"), str):
        raise ValueError("expected an object with a version")
    return value


def proof_of(value: Any) -> Proof:
    """Read a proof back from its JSON value.

    Raises:
        ValueError: when it is not one.
    """
    fields(
        value,
        version=str,
        record=str,
        row=int,
        row_path=list,
        shard=dict,
        shard_index=int,
        shard_path=list,
    )
    if value["version"] != PROOF_VERSION:
        raise ValueError(f"version is not {PROOF_VERSION!r}")
    fields(
        value["shard"],
        name=str,
        size=int,
        sha256=str,
        chunk_root=str,
        rows=int,
        row_root=str,
        row_multiset=str,
        schema=str,
    )
    row_path, shard_path = (
        tuple(bytes.fromhex(hex_digest(digest)) for digest in value[name])
        for name in ("row_path", "shard_path")
    )
    record = bytes.fromhex(hex_digest(value["record"]))
    return Proof(record, value["row"], row_path, value["shard"], value["shard_index"], shard_path)
