"""RFC 6962 Merkle trees that grow from pieces.

A tree over leaves [0, n) is held as a *compact range*: the roots of the largest perfect subtrees
that cover an interval, aligned to absolute leaf positions. Two ranges that touch merge in
O(log n), so pieces of one shard can be hashed apart, and give the same root as one pass.
(Compact ranges: Certificate Transparency's Trillian; tree: RFC 6962 section 2.1.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Return the RFC 6962 leaf hash of ``data``: SHA-256(0x00 || data), 32 bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the RFC 6962 interior hash: SHA-256(0x01 || left || right), 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class CompactRange:
    """Perfect subtrees over leaves [begin, end); ``nodes`` are (level, hash) from the left."""

    begin: int
    end: int
    nodes: tuple[tuple[int, bytes], ...] = ()

    @staticmethod
    def of_leaves(begin: int, hashes: Sequence[bytes]) -> CompactRange:
        """Build the range of ``hashes``, whose first leaf stands at position ``begin``."""
        level, start, row = 0, begin, list(hashes)
        left: list[tuple[int, bytes]] = []
        right: list[tuple[int, bytes]] = []
        sha256 = hashlib.sha256
        while row:
            if start & 1:
                left.append((level, row[0]))
                row, start = row[1:], start + 1
            if len(row) & 1:
                right.append((level, row.pop()))
            row = [
                sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=True)
            ]
            start >>= 1
            level += 1
        return CompactRange(begin, begin + len(hashes), tuple(left + right[::-1]))

    def merge(self, other: CompactRange) -> CompactRange:
        """Return the range over both; ``other`` must begin where this one ends.

        Raises:
            ValueError: when there is a gap or an overlap.
        """
        if other.begin != self.end:
            raise ValueError(f"leaf {self.end} expected next, got a range from {other.begin}")
        nodes = list(self.nodes)
        position = self.end
        for level, digest in other.nodes:
            nodes.append((level, digest))
            position += 1 << level
            # Two equal neighbours join only when the left one starts at an even place of its level.
            while (
                len(nodes) > 1
                and nodes[-2][0] == nodes[-1][0]
                and ((position >> nodes[-1][0]) & 1) == 0
            ):
                (height, a), (_, b) = nodes[-2:]
                nodes[-2:] = [(height + 1, node_hash(a, b))]
        return CompactRange(self.begin, other.end, tuple(nodes))

    def root(self) -> bytes:
        """Return the RFC 6962 tree head, 32 bytes.

        Raises:
            ValueError: when the range does not begin at leaf 0.
        """
        if self.begin:
            raise ValueError(f"leaves 0 to {self.begin} are missing")
        if not self.nodes:
            return EMPTY_ROOT
        digest = self.nodes[-1][1]
        for _, left in reversed(self.nodes[:-1]):
            digest = node_hash(left, digest)
        return digest


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Return the RFC 6962 root, 32 bytes, over leaf *data* (not yet hashed)."""
    return CompactRange.of_leaves(0, [leaf_hash(data) for data in leaves]).root()
