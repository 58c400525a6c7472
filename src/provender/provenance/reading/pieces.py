"""Digests of small pieces of chunks that were verified whole: rereading costs what is reread.

A sampler that asks for small row groups in shuffled order would have a whole chunk hashed for each.
The digests are made from memory that was compared with the seal, and never leave the process.
"""

from __future__ import annotations

from collections import OrderedDict

from blake3 import blake3

PIECE_BYTES = 2**14
_DIGEST_BYTES = 32
#: Chunks whose pieces are remembered, 8 KiB each.
_REMEMBERED = 4096

Key = tuple[str, int]


class Pieces:
    """Remembers the pieces of chunks; whoever uses it holds a lock."""

    def __init__(self) -> None:
        self._known: OrderedDict[Key, bytes] = OrderedDict()

    def learn(self, key: Key, digests: bytes) -> None:
        """Remember what `piece_digests` gave for a chunk."""
        self._known[key] = digests
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def recall(self, key: Key) -> bytes | None:
        """Return a chunk's digests; None where they are not known."""
        return self._known.get(key)


def piece_digests(data: memoryview) -> bytes:
    """Return the BLAKE3 digests of pieces of PIECE_BYTES, 32 bytes each, concatenated.

    The last piece may be shorter.
    """
    starts = range(0, len(data), PIECE_BYTES)
    return b"".join(blake3(data[start : start + PIECE_BYTES]).digest() for start in starts)


def digests_between(digests: bytes, start: int, stop: int) -> bytes:
    """Return the digests of the pieces that hold the bytes [start, stop) of a chunk."""
    first, last = start // PIECE_BYTES, -(-stop // PIECE_BYTES)
    return digests[first * _DIGEST_BYTES : last * _DIGEST_BYTES]
