"""What quarantine took out of shards: which records, why, and that nothing else changed.

A shard before is its clean and its rejected records, put back at the row numbers that
``reasons.parquet`` tells: the tree over them must have the root that was sealed. So neither the
data before is needed, nor any trust in the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provender.core.audit_path import Levels
from provender.core.breach import Breach, BreachKind, BrokenTrustError, printable
from provender.core.entries import ShardEntry
from provender.core.manifest import Manifest
from provender.core.removal_receipt import Receipt
from provender.core.succession import Removal
from provender.errors import InputError, NothingCheckedError
from provender.io.discover import named_files, shard_ref
from provender.io.failures import plain_failures
from provender.provenance.proof import proof_in, read_digests, shard_tree

_REASONS = pa.schema([("shard", pa.string()), ("row", pa.int64()), ("rule", pa.string())])

Files = Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class Reasons:
    """Rows of one shard that were rejected: int64, ascending, each once; and why, row by row."""

    rows: np.ndarray
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Lost:
    """A shard that lost records: what it was, what it is, and what was taken out."""

    before: ShardEntry
    after: ShardEntry
    taken: Reasons


def read_reasons(folder: Path) -> dict[str, Reasons]:
    """Return what was rejected of each shard; a row that several rules reject names them all.

    Raises:
        InputError: when reasons.parquet is missing, or is not as quarantine writes it.
    """
    path = folder / "reasons.parquet"
    with plain_failures(str(path)):
        table = pq.read_table(path, columns=_REASONS.names).cast(_REASONS)
        if any(column.null_count for column in table.columns):
            raise InputError(str(path), "holds empty cells", "write it again with `scan`")
        grouped = table.group_by(["shard", "row"]).aggregate([("rule", "list")])
        grouped = grouped.sort_by([("shard", "ascending"), ("row", "ascending")])
    shards = grouped["shard"].to_pylist()
    rows = grouped["row"].to_numpy()
    reasons = [", ".join(sorted(set(rules))) for rules in grouped["rule_list"].to_pylist()]
    edges = [0, *(i for i in range(1, len(shards)) if shards[i] != shards[i - 1]), len(shards)]
    return {shards[a]: Reasons(rows[a:b], tuple(reasons[a:b])) for a, b in pairwise(edges) if a < b}


class Quarantined:
    """The folder of a quarantine, beside the data that were made of it.

    Args:
        folder: holds ``rejected/``.
        inputs: the data now.

    Raises:
        InputError: when a folder cannot be listed.
    """

    def __init__(self, folder: Path, inputs: Sequence[str]) -> None:
        self._clean: Files = named_files(inputs)
        try:
            self._rejected: Files = named_files([str(folder / "rejected")])
        except NothingCheckedError:
            self._rejected = {}

    def records(self, lost: Lost) -> list[bytes]:
        """Return the leaf hashes of all records that a shard had, in their order.

        Memory: some 400 bytes for each record of the shard.

        Raises:
            BrokenTrustError: when clean and rejected records are not those it had.
            InputError, IntegrityError: when a file is missing or cannot be read, or the clean
                one has changed since it was fingerprinted.
        """
        name, rows = lost.after.name, lost.taken.rows
        if name not in self._rejected:
            mend = "name the folder that `scan --quarantine` wrote"
            raise InputError(f"rejected/{name}", "no such file", mend)
        clean = read_digests(shard_ref(name, *self._clean[name]), lost.after)
        rejected = read_digests(shard_ref(name, *self._rejected[name]))
        total = len(clean) + len(rejected)
        taken = np.zeros(total, bool)
        fits = len(rows) == len(rejected) and total == lost.before.rows
        if fits and rows[0] >= 0 and rows[-1] < total:
            taken[rows] = True
            merged = np.empty((total, 32), np.uint8)
            merged[taken], merged[~taken] = _bytes_of(rejected), _bytes_of(clean)
            data = merged.tobytes()
            records = [data[i : i + 32] for i in range(0, len(data), 32)]
            if Levels(records).root.hex() == lost.before.row_root:
                return records
        was = printable(lost.before.name)
        cause = f"{was}: clean and rejected records together are not those that were sealed"
        raise BrokenTrustError(name, [Breach(BreachKind.CHAIN, cause, lost.before.name)])

    def removals(self, lost: Sequence[Lost]) -> tuple[tuple[Removal, ...], list[bytes]]:
        """Return what a seal lists of removed records, and their leaf hashes in that order.

        Memory: one shard, and some 100 bytes for each removed record.

        Raises:
            ProvenderError: as `records`.
        """
        by_reason: dict[str, list[bytes]] = {}
        for one in lost:
            records = self.records(one)
            for row, reason in zip(one.taken.rows, one.taken.reasons, strict=True):
                by_reason.setdefault(reason, []).append(records[row])
        ordered = sorted(by_reason.items())
        removals = [Removal(r, len(h), Levels(h).root.hex()) for r, h in ordered]
        return tuple(removals), [digest for _, hashes in ordered for digest in hashes]

    def receipts(
        self,
        before: Manifest,
        lost: Sequence[Lost],
        removals: Sequence[Removal],
        hashes: Sequence[bytes],
    ) -> Iterator[Receipt]:
        """Yield the receipt of each removed record, by shard and row; shards are read once more.

        Args:
            removals, hashes: as `removals` returned them.

        Raises:
            ProvenderError: as `records`.
        """
        shards = shard_tree(before)
        places = {entry.name: index for index, entry in enumerate(before.shards)}
        trees, at = {}, 0
        for removal in removals:
            trees[removal.reason] = Levels(hashes[at : at + removal.rows])
            at += removal.rows
        seen = dict.fromkeys(trees, 0)
        for one in lost:
            records = self.records(one)
            tree, index = Levels(records), places[one.before.name]
            for row, reason in zip(one.taken.rows.tolist(), one.taken.reasons, strict=True):
                was = proof_in(one.before, tree, records[row], row, index, shards)
                yield Receipt(was, reason, seen[reason], trees[reason].path(seen[reason]))
                seen[reason] += 1


def _bytes_of(digests: Sequence[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)
