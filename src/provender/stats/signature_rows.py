"""Rows with a MinHash signature: mergeable by concatenation, up to a fixed number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from provender.stats.packing import pack, unpack

_KIND = "signature-rows/1"


@dataclass(frozen=True)
class SignatureRows:
    """The state: 8 bytes a row and 4 a permutation.

    Attributes:
        total: rows seen.
        unsigned: rows seen that have too little text for a signature.
        pieces: (int64 (n,) row numbers, uint32 (n, permutations)) in row order; of the first
            rows with enough text only.
        beyond: rows with enough text that came after those and were left out.
    """

    total: int
    unsigned: int
    beyond: int
    pieces: tuple[tuple[np.ndarray, np.ndarray], ...]
    permutations: int

    @cached_property
    def joined(self) -> tuple[np.ndarray, np.ndarray]:
        """All pieces as one: row numbers, signatures."""
        none = (np.zeros(0, np.int64), np.zeros((0, self.permutations), np.uint32))
        pieces = self.pieces or (none,)
        if len(pieces) == 1:
            return pieces[0]
        return np.concatenate([p[0] for p in pieces]), np.concatenate([p[1] for p in pieces])


def merge_signatures(states: Sequence[SignatureRows], most: int) -> SignatureRows:
    """Return the state of all pieces, given in canonical order, keeping the first ``most`` rows."""
    pieces: list[tuple[np.ndarray, np.ndarray]] = []
    total = kept = beyond = 0
    for state in states:
        for rows, found in state.pieces:
            room = min(most - kept, len(rows))
            if room:
                pieces.append((rows[:room] + total, found[:room]))
            kept, beyond = kept + room, beyond + len(rows) - room
        total, beyond = total + state.total, beyond + state.beyond
    unsigned = sum(s.unsigned for s in states)
    return SignatureRows(total, unsigned, beyond, tuple(pieces), states[0].permutations)


def pack_signatures(state: SignatureRows) -> bytes:
    """Return the state as bytes."""
    rows, found = state.joined
    meta = {"total": state.total, "unsigned": state.unsigned, "beyond": state.beyond}
    return pack(_KIND, meta, {"rows": rows, "signatures": found})


def unpack_signatures(data: bytes) -> SignatureRows:
    """Return the state that `pack_signatures` wrote.

    Raises:
        ValueError: when the bytes are not such a state.
    """
    meta, arrays = unpack(_KIND, data)
    rows, found = arrays["rows"], arrays["signatures"]
    if found.ndim != 2 or len(found) != len(rows):
        raise ValueError("not a signature-rows state: its arrays do not fit together")
    return SignatureRows(
        meta["total"], meta["unsigned"], meta["beyond"], ((rows, found),), found.shape[1]
    )


class KeepsSignatures:
    """The half of an `Analysis` that every one with this state has.

    Attributes:
        most: rows that are kept, the first in canonical order.
    """

    most: int

    def merge(self, states: Sequence[SignatureRows]) -> SignatureRows:
        return merge_signatures(states, self.most)

    def pack(self, state: SignatureRows) -> bytes:
        return pack_signatures(state)

    def unpack(self, data: bytes) -> SignatureRows:
        return unpack_signatures(data)
