"""The leaf hashes of all records in sorted order, on disk in parts: what absence is shown with."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from provender.core.absence import Absence, Neighbour
from provender.core.audit_path import streamed_path
from provender.core.manifest import Manifest
from provender.core.merkle import CompactRange
from provender.errors import InputError, UsageError
from provender.io.discover import named_files, shard_ref
from provender.provenance.proof import digest_batches
from provender.work.spill import Spill, part_of

_HASH = np.dtype("V32")
_PART_ROWS = 1 << 18


class SortedRecords:
    """All records of some data, sorted by their leaf hashes; copies count.

    Memory: some 200 bytes for each record of one part, about 2**18 of them. Disk: 32 bytes for
    each record. Every use goes through them once more.

    Args:
        manifest: what the data must be.
        folder: private, and gone when no longer needed.

    Raises:
        InputError: when a shard cannot be read.
        IntegrityError: when it is not as in the manifest.
        StoreError: when the folder cannot be written.
    """

    def __init__(self, manifest: Manifest, inputs: Sequence[str], folder: Path) -> None:
        files = named_files(inputs)
        self.size = manifest.rows
        self._spill = Spill(folder, "records", _HASH, manifest.rows // _PART_ROWS + 1)
        for entry in manifest.shards:
            if entry.name not in files:
                raise InputError(entry.name, "no such file", "restore it from its source")
            for digests in digest_batches(shard_ref(entry.name, *files[entry.name]), entry):
                data = np.frombuffer(b"".join(digests), _HASH)
                first = data.view(">u8").reshape(-1, 4)[:, 0].astype(np.uint64)
                self._spill.add(data, part_of(first, self._spill.parts))

    def blocks(self) -> Iterator[list[bytes]]:
        """Yield the leaf hashes in sorted order."""
        for part in range(self._spill.parts):
            data = self._spill.whole(part).tobytes()
            yield sorted(data[i : i + 32] for i in range(0, len(data), 32))

    def root(self) -> str:
        """Return the hex RFC 6962 root over them."""
        tree = CompactRange(0, 0)
        for block in self.blocks():
            tree = tree.merge(CompactRange.of_leaves(tree.end, block))
        return tree.root().hex()

    def absence(self, record: bytes) -> Absence:
        """Return the proof that no record has that leaf hash.

        Raises:
            UsageError: when one has.
        """
        start, before, around = 0, b"", list[tuple[int, bytes]]()
        for block in self.blocks():
            at = bisect_left(block, record)
            if at < len(block) and block[at] == record:
                raise UsageError("--absent", "the record is among the data", "prove where it is")
            before = block[at - 1] if at else before
            start += at
            if at < len(block):
                around.append((start, block[at]))
                break
        if start:
            around.insert(0, (start - 1, before))
        neighbours = (
            Neighbour(found, index, streamed_path(self.blocks(), self.size, index))
            for index, found in around
        )
        return Absence(record, tuple(neighbours))
