"""From one manifest to the next: what became of each shard, and what a seal says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provender.core.entries import ShardEntry
from provender.core.fields import fields, hex_digest
from provender.core.manifest import Manifest

_MAX_REASON = 500


@dataclass(frozen=True)
class Removal:
    """Records taken out for one reason.

    Attributes:
        reason: why, in words.
        rows: how many.
        row_root: hex RFC 6962 root over their leaf hashes, by shard and row; of a whole shard,
            its ``row_root`` in the manifest before.
        shard: the shard that went as a whole; None where records were picked out.
    """

    reason: str
    rows: int
    row_root: str
    shard: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "reason": self.reason,
            "rows": self.rows,
            "rowRoot": self.row_root,
            "shard": self.shard,
        }

    @staticmethod
    def from_json(value: Any) -> Removal:
        """Read it back.

        Raises:
            ValueError: when a field is missing, unknown or of another type.
        """
        fields(value, reason=str, rows=int, rowRoot=str, shard=str | None)
        if not 0 < len(value["reason"]) <= _MAX_REASON or value["rows"] < 0:
            raise ValueError("a removal has a reason, and no negative number of records")
        row_root = hex_digest(value["rowRoot"])
        return Removal(value["reason"], value["rows"], row_root, value["shard"])


@dataclass(frozen=True)
class Added:
    """Records that came in whole shards: how many, and their hex digest as a multiset."""

    shards: int
    rows: int
    multiset: str

    @staticmethod
    def from_json(value: Any) -> Added | None:
        """Read it back; None where a seal says nothing of what changed.

        Raises:
            ValueError: when a field is missing, unknown or of another type.
        """
        if value is None:
            return None
        fields(value, shards=int, rows=int, multiset=str)
        if value["shards"] < 0 or value["rows"] < 0:
            raise ValueError("a negative number of shards or records")
        return Added(value["shards"], value["rows"], hex_digest(value["multiset"]))


@dataclass(frozen=True)
class Succession:
    """What became of the shards of a manifest in the next one, in order of their names.

    Attributes:
        changed: (before, after) of shards whose records are no longer the same multiset.
        dropped: shards that are gone.
        added: shards that were not there.
    """

    changed: tuple[tuple[ShardEntry, ShardEntry], ...]
    dropped: tuple[ShardEntry, ...]
    added: tuple[ShardEntry, ...]


def succession(before: Manifest, after: Manifest) -> Succession:
    """Compare two manifests, shard by shard.

    A shard goes on under its own name, or with ``.parquet`` behind it, as quarantine names what
    it has split.
    """
    old = {entry.name: entry for entry in before.shards}
    new = {entry.name: entry for entry in after.shards}
    changed, dropped, successors = [], [], set()
    for name, entry in old.items():
        split = f"{name}.parquet"
        successor = name if name in new else split if split in new and split not in old else None
        if successor is None:
            dropped.append(entry)
            continue
        successors.add(successor)
        if new[successor].row_multiset != entry.row_multiset:
            changed.append((entry, new[successor]))
    added = tuple(entry for name, entry in new.items() if name not in successors)
    return Succession(tuple(changed), tuple(dropped), added)
