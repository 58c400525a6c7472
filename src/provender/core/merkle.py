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


def inclusion_path(hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of one leaf (RFC 6962 section 2.1.1), from the leaf upwards.

    Args:
        hashes: leaf hashes of the whole tree, 32 bytes each, whatever hash made them.
        index: the leaf, from 0.

    Returns:
        At most ceil(log2(len(hashes))) digests of 32 bytes; they tell nothing of other leaves
        but their hashes.

    Raises:
        IndexError: when there is no such leaf.
    """
    if not 0 <= index < len(hashes):
        raise IndexError(f"leaf {index} of {len(hashes)}")
    path, row = [], list(hashes)
    while len(row) > 1:
        if index ^ 1 < len(row):
            path.append(row[index ^ 1])
        last = row[len(row) & ~1 :]  # an odd one out moves up as it is
        row = [node_hash(a, b) for a, b in zip(row[::2], row[1::2], strict=False)] + last
        index >>= 1
    return tuple(path)


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether leaf hash ``leaf`` stands at ``index`` in the tree of ``size`` leaves.

    The algorithm is RFC 9162's (section 2.1.3.2). ``index`` and ``size`` must come from what is
    trusted, not from whoever gives the path.
    """
    if not 0 <= index < size or any(len(node) != len(root) for node in path):
        return False
    last, digest = size - 1, leaf
    for node in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            digest = node_hash(node, digest)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            digest = node_hash(digest, node)
        index, last = index >> 1, last >> 1
    return last == 0 and digest == root
