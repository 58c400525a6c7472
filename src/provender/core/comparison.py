"""How two data sets differ, as far as their manifests tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from provender.core.entries import ShardEntry
from provender.core.manifest import Manifest
from provender.errors import InputError

DIFF_VERSION = "provender-diff/1"

_MEANING = {
    "identical": "the same bytes under the same names",
    "re-encoded": "the same records in the same order, stored in other bytes",
    "reordered": "the same records in every shard, in another order",
    "re-sharded": "the same records, spread over other shards",
    "edited": "other records",
}
_COMPARABLE = ("record", "multiset")
_DIGEST_BYTES = 32


@dataclass(frozen=True)
class ShardChange:
    """What the manifests tell of a shard that both sides have and whose bytes differ.

    Attributes:
        rows, bytes: before and after.
        ranges: half-open byte ranges of the later file whose chunks differ from the chunks at
            the same place before; what one insertion moves all differs.
    """

    name: str
    rows: tuple[int, int]
    bytes: tuple[int, int]
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Comparison:
    """Attributes:
    kind: identical, re-encoded, reordered, re-sharded or edited.
    added, removed: shard names that only one side has.
    changed: names on both sides whose records differ.
    reencoded, reordered: names whose records are the same, in other bytes or another order.
    renamed: (name before, name after) of files whose very bytes stand under another name.
    rows_before, rows_after: record counts.
    columns_removed, columns_added: (column, type) pairs that only one side's shards have.
    shards: details of those changed, reordered and re-encoded.
    """

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    reencoded: tuple[str, ...]
    reordered: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    rows_before: int
    rows_after: int
    columns_removed: tuple[tuple[str, str], ...]
    columns_added: tuple[tuple[str, str], ...]
    shards: tuple[ShardChange, ...]

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
                ("renamed", self.renamed),
            )
            if names
        ]
        rows = f"{self.rows_before:,} → {self.rows_after:,} rows"
        return ", ".join([text, *counts, rows])

    def to_json(self) -> dict[str, Any]:
        return {key: _lists(value) for key, value in asdict(self).items()}


def compare(before: Manifest, after: Manifest) -> Comparison:
    """Say how ``after`` differs from ``before``: by bytes, by order, by sharding or by records.

    Raises:
        InputError: when their records were encoded or summed in different ways, so that equal
            records have different digests.
    """
    for what in _COMPARABLE:
        one, other = before.made.get(what), after.made.get(what)
        if one != other:
            raise InputError(
                "the manifests",
                f"cannot be compared: {what} is {one!r} in one and {other!r} in the other",
                "write both with one release",
            )
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
    columns = [
        {pair for s in shards for pair in s.schema} for shards in (before.shards, after.shards)
    ]
    chunk_bytes = after.made.get("chunk_bytes", 0)
    return Comparison(
        kind,
        tuple(added),
        tuple(removed),
        tuple(changed),
        tuple(reencoded),
        tuple(reordered),
        tuple(_renamed(old, new)),
        before.rows,
        after.rows,
        tuple(sorted(columns[0] - columns[1])),
        tuple(sorted(columns[1] - columns[0])),
        tuple(
            _shard_change(old[n], new[n], chunk_bytes)
            for n in sorted([*changed, *reordered, *reencoded])
        ),
    )


def unmatched(before: Manifest, after: Manifest) -> tuple[list[str], list[str]]:
    """Return the shards of each side that no shard of the other equals in records.

    What the two data sets do not share lies in these: shards with equal multisets cancel,
    those of one name first.
    """
    old = {s.name: s.row_multiset for s in before.shards}
    new = {s.name: s.row_multiset for s in after.shards}
    for name in old.keys() & new.keys():
        if old[name] == new[name]:
            del old[name], new[name]
    spare = Counter(new.values()) & Counter(old.values())
    return _without(old, spare), _without(new, spare)


def _without(shards: dict[str, str], spare: Counter[str]) -> list[str]:
    left, names = Counter(spare), []
    for name, multiset in sorted(shards.items()):
        if left[multiset]:
            left[multiset] -= 1
        else:
            names.append(name)
    return names


def _renamed(old: dict[str, ShardEntry], new: dict[str, ShardEntry]) -> Iterator[tuple[str, str]]:
    """Yield files that stand, byte for byte, under another name; each once, empty ones never."""
    moved = {n: s for n, s in old.items() if n not in new or new[n].sha256 != s.sha256}
    places: dict[str, list[str]] = {}
    for name in sorted(moved, reverse=True):
        places.setdefault(moved[name].sha256, []).append(name)
    for name in sorted(new):
        shard = new[name]
        unmoved = name in old and old[name].sha256 == shard.sha256
        if not unmoved and shard.size and places.get(shard.sha256):
            yield places[shard.sha256].pop(), name


def _shard_change(old: ShardEntry, new: ShardEntry, chunk_bytes: int) -> ShardChange:
    ranges: list[tuple[int, int]] = []
    for start in range(0, len(new.chunks), _DIGEST_BYTES):
        if old.chunks[start : start + _DIGEST_BYTES] == new.chunks[start : start + _DIGEST_BYTES]:
            continue
        first = start // _DIGEST_BYTES * chunk_bytes
        stop = min(first + chunk_bytes, new.size)
        if ranges and ranges[-1][1] == first:
            first = ranges.pop()[0]
        ranges.append((first, stop))
    return ShardChange(new.name, (old.rows, new.rows), (old.size, new.size), tuple(ranges))


def _lists(value: Any) -> Any:
    """Return tuples, at any depth, as the lists that JSON has."""
    if isinstance(value, dict):
        return {key: _lists(inner) for key, inner in value.items()}
    return [_lists(inner) for inner in value] if isinstance(value, tuple) else value
