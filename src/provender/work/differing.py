"""Which records two data sets do not share, from their data: digests on disk, a part at a time.

Only shards that no shard of the other side equals are read. Memory is bounded by a part of the
distinct digests, not by the data; what lies on disk meanwhile are digests and row numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from provender.core.record_changes import RecordChanges
from provender.errors import UsageError
from provender.identity.difference import ROW, SharedKeys, by_key, surplus
from provender.identity.records import record_digests
from provender.io.states import StateStore
from provender.work.changed_cells import ChangedCells
from provender.work.sides import Side, Wanted, places
from provender.work.spill import Spill, part_of

_PART_ROWS = 1 << 20
_MOST_PARTS = 256


@dataclass
class _First:
    """The first rows by shard and number, and how many there are in each shard."""

    most: int
    shards: int
    count: np.ndarray = field(init=False)
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, ROW))

    def __post_init__(self) -> None:
        self.count = np.zeros(self.shards, np.int64)

    def add(self, rows: np.ndarray) -> None:
        self.count += np.bincount(rows["shard"], minlength=self.shards)
        both = np.concatenate([self.rows, rows])
        self.rows = both[np.lexsort((both["row"], both["shard"]))[: self.most]]


def differing_records(
    sides: tuple[Side, Side],
    shards: tuple[Sequence[str], Sequence[str]],
    wanted: Wanted,
    store: StateStore,
    folder: Path,
) -> RecordChanges:
    """Return the records that only one side has, and with a key the cells that changed.

    Args:
        sides: before and after, both with data.
        shards: names of the shards to read of each: `core.comparison.unmatched`.
        folder: where digests may lie meanwhile.

    Raises:
        UsageError: when a key column is in neither side.
        ProvenderError: when a shard cannot be read again.
    """
    _check_key(sides, wanted.key)
    total = sum(s.rows for side in sides for s in side.manifest.shards)
    parts = min(max(-(-total // _PART_ROWS), 1), _MOST_PARTS)
    read = [
        _digests(side, names, wanted.key, store, Spill(folder, f"rows{number}", ROW, parts))
        for number, (side, names) in enumerate(zip(sides, shards, strict=True))
    ]
    every = tuple(_First(0, len(names)) for names in shards)
    firsts = tuple(_First(wanted.most, len(names)) for names in shards)
    only = tuple(Spill(folder, f"only{side}", ROW, 1) for side in (0, 1))
    for part in range(parts):
        for side, rows in surplus(partial(read[0].blocks, part), partial(read[1].blocks, part)):
            every[side].add(rows)
            (only[side] if wanted.key else firsts[side]).add(rows)
    cells = ChangedCells(sides, shards, wanted, store)
    unclear = _match(only, cells, firsts, folder) if wanted.key else (0, 0)
    return RecordChanges(
        key=wanted.key,
        removed=int(firsts[0].count.sum()),
        added=int(firsts[1].count.sum()),
        changed=cells.pairs,
        unclear=unclear,
        columns=cells.columns(),
        shards_before=_counts(shards[0], every[0]),
        shards_after=_counts(shards[1], every[1]),
        removed_rows=tuple(places(firsts[0].rows, shards[0])),
        added_rows=tuple(places(firsts[1].rows, shards[1])),
        changed_rows=tuple(cells.first),
        redacted=not wanted.show_content,
    )


def _check_key(sides: tuple[Side, Side], key: tuple[str, ...]) -> None:
    for name in key:
        if not any(side.data and name in side.data.schema.names for side in sides):
            raise UsageError("--key", f"no column {name!r} on either side", "name one there is")


def _digests(
    side: Side, shards: Sequence[str], key: tuple[str, ...], store: StateStore, spill: Spill
) -> Spill:
    for number, shard in enumerate(shards):
        for piece in side.pieces(shard, store):
            first = piece.first_row
            for batch in side.batches(shard, piece, store):
                rows = np.zeros(batch.num_rows, ROW)
                rows["digest"] = _words(record_digests(batch), 4)
                rows["key"] = _keys(batch, key)
                rows["shard"] = number
                rows["row"] = np.arange(first, first + batch.num_rows)
                first += batch.num_rows
                spill.add(rows, part_of(rows["digest"][:, 0], spill.parts))
    return spill


def _keys(batch: pa.RecordBatch, key: tuple[str, ...]) -> np.ndarray:
    """Return uint64 (rows, 2): the digest of the key's cells, 0 where all are null."""
    own = batch.select([name for name in key if name in batch.schema.names])
    if not own.num_columns:
        return np.zeros((batch.num_rows, 2), np.uint64)
    named = np.any([np.asarray(column.is_valid()) for column in own.columns], axis=0)
    return np.where(named[:, None], _words(record_digests(own), 4)[:, :2], np.uint64(0))


def _words(digests: list[bytes], words: int) -> np.ndarray:
    return np.frombuffer(b"".join(digests), "<u8").reshape(-1, words)


def _match(
    only: tuple[Spill, ...], cells: ChangedCells, alone: tuple[_First, ...], folder: Path
) -> tuple[int, int]:
    """Give ``cells`` the pairs and ``alone`` the unpaired; return how many are neither."""
    parts = min(max(-(-min(spill.rows for spill in only) // cells.most_pairs), 1), _MOST_PARTS)
    keyed = [Spill(folder, f"keys{side}", ROW, parts) for side in (0, 1)]
    for spill, target in zip(only, keyed, strict=True):
        for block in spill.blocks():
            target.add(block, part_of(block["key"][:, 0], parts))
    unclear = [0, 0]
    for part in range(parts):
        keys = SharedKeys(*(partial(spill.blocks, part) for spill in keyed))
        paired: list[list[np.ndarray]] = [[], []]
        for side, spill in enumerate(keyed):
            for block in spill.blocks(part):
                once, lone, several = keys.split(block)
                paired[side].append(once)
                alone[side].add(lone)
                unclear[side] += len(several)
        before, after = (by_key(np.concatenate([np.zeros(0, ROW), *rows])) for rows in paired)
        if len(before):
            cells.add(before, after)
    return unclear[0], unclear[1]


def _counts(shards: Sequence[str], first: _First) -> tuple[tuple[str, int], ...]:
    return tuple((n, int(c)) for n, c in zip(shards, first.count, strict=True) if c)
