"""That one leaf stands in a Merkle tree, shown by the hashes beside its way to the root.

Paths: RFC 6962 section 2.1.1; the check: RFC 9162 section 2.1.3.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provender.core.merkle import EMPTY_ROOT, CompactRange, node_hash


class Levels:
    """A whole tree, level by level, in which the path of any leaf is looked up.

    Args:
        hashes: leaf hashes, 32 bytes each, whatever hash made them. Memory: twice theirs.
    """

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._rows = [list(hashes)]
        while len(row := self._rows[-1]) > 1:
            odd = row[len(row) & ~1 :]  # an odd one out moves up as it is
            pairs = zip(row[::2], row[1::2], strict=False)
            self._rows.append([node_hash(a, b) for a, b in pairs] + odd)

    @property
    def root(self) -> bytes:
        """The RFC 6962 tree head, 32 bytes."""
        return self._rows[-1][0] if self._rows[0] else EMPTY_ROOT

    def path(self, index: int) -> tuple[bytes, ...]:
        """Return the audit path of leaf ``index``, from the leaf upwards.

        At most ceil(log2(leaves)) hashes, which tell nothing of other leaves but their hashes.

        Raises:
            IndexError: when there is no such leaf.
        """
        if not 0 <= index < len(self._rows[0]):
            raise IndexError(f"no leaf {index} among {len(self._rows[0])}")
        path = []
        for row in self._rows[:-1]:
            if index ^ 1 < len(row):
                path.append(row[index ^ 1])
            index >>= 1
        return tuple(path)


def streamed_path(blocks: Iterable[Sequence[bytes]], size: int, index: int) -> tuple[bytes, ...]:
    """Return what `Levels.path` does, of a tree that need not fit into memory.

    Args:
        blocks: the leaf hashes in order, ``size`` in all.

    Raises:
        IndexError: when there is no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} among {size}")
    # The subtrees beside the way down. Each begins at a multiple of a power of two that holds it,
    # so its root is that of a tree of its own.
    beside: list[tuple[int, int]] = []
    begin, end = 0, size
    while end - begin > 1:
        cut = begin + (1 << ((end - begin - 1).bit_length() - 1))
        beside.append((cut, end) if index < cut else (begin, cut))
        begin, end = (begin, cut) if index < cut else (cut, end)
    trees = [CompactRange(0, 0)] * len(beside)
    start = 0
    for block in blocks:
        for number, (a, b) in enumerate(beside):
            part = block[max(a - start, 0) : max(b - start, 0)]
            if part:
                trees[number] = trees[number].merge(CompactRange.of_leaves(trees[number].end, part))
        start += len(block)
    return tuple(tree.root() for tree in reversed(trees))


def path_root(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root of the tree of ``size`` leaves that ``path`` leads to from ``leaf``.

    ``size`` must come from what is trusted, not from whoever gives the path: in a smaller tree an
    inner node would pass for a leaf.

    Raises:
        ValueError: when there is no such leaf, or the path is none of such a tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} among {size}")
    left, last, digest = index, size - 1, leaf
    for other in path:
        if not last:
            raise ValueError("the path is too long")
        if len(other) != len(digest):
            raise ValueError(f"the path holds a hash of {len(other)} bytes")
        if left & 1 or left == last:
            digest = node_hash(other, digest)
            while not left & 1 and left:
                left, last = left >> 1, last >> 1
        else:
            digest = node_hash(digest, other)
        left, last = left >> 1, last >> 1
    if last:
        raise ValueError("the path is too short")
    return digest
