"""The order-free identity: an incremental multiset hash of record digests.

LtHash (Bellare & Micciancio 1997; Lewi, Kim, Maykov & Weis 2019) expands each element to 1,024
lanes of 16 bits and adds lane by lane. Here the *expansion* is LtHash's, but lanes are *summed*
in 64 bits and never wrap: 2**16 copies of one record do not cancel as they do in 16-bit lanes.
Whoever finds two multisets with equal 64-bit sums has found an LtHash collision, because sums
modulo 2**16 follow from the sums; and where all multiplicities differ by multiples of 2**16, the
same argument holds for the differences divided by 2**16. Good for fewer than 2**48 records.

Sums merge in any order and can be subtracted, so a data set minus some records is known without
reading it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from blake3 import blake3

MULTISET_HASH = "lthash16x1024-wide/blake3/1"
LANES = 1024
_HEAD = MULTISET_HASH.encode() + b"\x00"
STATE_BYTES = len(_HEAD) + 8 + 8 * LANES
_BLOCK = 64
_EVEN = np.uint64(0x0000FFFF0000FFFF)
_LOW = np.uint64(0x00000000FFFFFFFF)
_SHIFT, _HALF = np.uint64(16), np.uint64(32)


@dataclass(frozen=True)
class Multiset:
    """The sum of some records.

    Attributes:
        lanes: uint64 (1024,), each the sum of that lane over all records.
        count: number of records.
    """

    lanes: np.ndarray
    count: int

    @staticmethod
    def empty() -> Multiset:
        """Return the sum of no records."""
        return Multiset(np.zeros(LANES, np.uint64), 0)

    @staticmethod
    def of(digests: Sequence[bytes]) -> Multiset:
        """Return the sum of records given by their 32-byte digests."""
        sums = np.zeros((4, LANES // 4), np.uint64)
        scratch = np.empty((_BLOCK, LANES // 4), np.uint64)
        for start in range(0, len(digests), _BLOCK):
            # A block stays in cache. Four 16-bit lanes lie in a word; two sums over its words,
            # which so few additions cannot overflow, give the sums of all four.
            block = digests[start : start + _BLOCK]
            stream = b"".join([blake3(d).digest(2 * LANES) for d in block])
            words = np.frombuffer(stream, "<u8").reshape(len(block), LANES // 4)
            part = scratch[: len(block)]
            even = np.bitwise_and(words, _EVEN, out=part).sum(axis=0)  # lanes 0 and 2
            upper = np.right_shift(words, _SHIFT, out=part).sum(axis=0)  # lanes 1, 2 and 3
            odd = upper - (even >> _HALF << _SHIFT)
            sums += np.stack([even & _LOW, odd & _LOW, even >> _HALF, odd >> _HALF])
        return Multiset(sums.T.reshape(LANES).copy(), len(digests))

    def __add__(self, other: Multiset) -> Multiset:
        return Multiset(self.lanes + other.lanes, self.count + other.count)

    def __sub__(self, other: Multiset) -> Multiset:
        return Multiset(self.lanes - other.lanes, self.count - other.count)

    def to_bytes(self) -> bytes:
        """Return the scheme's name, the count and the lanes, `STATE_BYTES` in all.

        Their SHA-256 is the digest, so whoever knows the digest can check them.
        """
        return _HEAD + self.count.to_bytes(8, "little") + self.lanes.astype("<u8").tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> Multiset:
        """Read it back.

        Raises:
            ValueError: when it is of another scheme or length.
        """
        if len(data) != STATE_BYTES or not data.startswith(_HEAD):
            raise ValueError(f"not a sum of records by {MULTISET_HASH}")
        count = int.from_bytes(data[len(_HEAD) : len(_HEAD) + 8], "little")
        return Multiset(np.frombuffer(data, "<u8", LANES, len(_HEAD) + 8).astype(np.uint64), count)

    def digest(self) -> str:
        """Return 64 hex digits: SHA-256 of `to_bytes`."""
        return hashlib.sha256(self.to_bytes()).hexdigest()
