"""How two data sets differ, as far as their manifests tell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from provender.core.manifest import Manifest

_MEANING = {
    "identical": "the same bytes under the same names",
    "re-encoded": "the same records in the same order, stored in other bytes",
    "reordered": "the same records in every shard, in another order",
    "re-sharded": "the same records, spread over other shards",
    "edited": "other records",
}


@dataclass(frozen=True)
class Comparison:
    """Attributes:
    kind: identical, re-encoded, reordered, re-sharded or edited.
    added, removed: shard names that only one side has.
    changed: names on both sides whose records differ.
    reencoded, reordered: names whose records are the same, in other bytes or another order.
    rows_before, rows_after: record counts.
    """

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    reencoded: tuple[str, ...]
    reordered: tuple[str, ...]
    rows_before: int
    rows_after: int

    def sentence(self) -> str:
        """Return the outcome in words."""
        text = f"{self.kind} ({_MEANING[self.kind]})"
        counts = [
            f"{len(names)} shard{'s' if len(names) > 1 else ''} {word}"
            for word, names in (
                ("added", self.added),
                ("removed", self.removed),
                ("changed", self.changed),
                ("reordered", self.reordered),
                ("re-encoded", self.reencoded),
            )
            if names
        ]
        rows = f"{self.rows_before:,} → {self.rows_after:,} rows"
        return ", ".join([text, *counts, rows])

    def to_json(self) -> dict[str, Any]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def compare(before: Manifest, after: Manifest) -> Comparison:
    """Say how ``after`` differs from ``before``: by bytes, by order, by sharding or by records."""
    old = {s.name: s for s in before.shards}
    new = {s.name: s for s in after.shards}
    shared = sorted(old.keys() & new.keys())
    changed = [n for n in shared if old[n].row_multiset != new[n].row_multiset]
    same = [n for n in shared if old[n].row_multiset == new[n].row_multiset]
    reordered = [n for n in same if old[n].row_root != new[n].row_root]
    reencoded = [
        n for n in same if old[n].row_root == new[n].row_root and old[n].sha256 != new[n].sha256
    ]
    added, removed = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    if before.root == after.root:
        kind = "identical"
    elif before.multiset != after.multiset:
        kind = "edited"
    elif added or removed or changed:
        kind = "re-sharded"
    else:
        kind = "reordered" if reordered else "re-encoded"
    return Comparison(
        kind,
        tuple(added),
        tuple(removed),
        tuple(changed),
        tuple(reencoded),
        tuple(reordered),
        before.rows,
        after.rows,
    )
