"""Which rows repeat: a 128-bit key per row, exact but for collisions (chance n**2 / 2**129)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from provender.expect.view import Column, Kind, View
from provender.stats import secret
from provender.stats.cell_hash import mix

LIMIT = 4_000_000
"""Rows whose keys are held: 64 MB."""

_SIPHASH_KEYS = ("provender/keys-0", "provender/keys-1")
_SEEDS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1B54A32D192ED03))
_NULL = np.uint64(0xA0761D6478BD642F)


@dataclass
class KeysState:
    """uint64 (rows, 2) keys in row order, in chunks; (0, 0) where the row is left out."""

    rows: int = 0
    elements: int = 0
    chunks: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True)
class Keys:
    """Keys over one or more columns.

    Attributes:
        leave_out: 'any' or 'all': rows left out have any, or all, of the columns missing;
            'never' leaves out none, and two missing values are equal.
    """

    names: tuple[str, ...]
    leave_out: str
    limit: int = LIMIT
    condition: str = ""

    def columns(self) -> tuple[str, ...]:
        return self.names

    def empty(self) -> KeysState:
        return KeysState()

    def add(self, state: KeysState, view: View) -> KeysState:
        state.rows += view.rows
        state.elements += view.elements
        if state.rows > self.limit:
            state.chunks.clear()
            return state
        columns = [view.column(name) for name in self.names]
        keys = np.zeros((view.elements, 2), np.uint64)
        for column in columns:
            for half, hashes in enumerate(_hashes(column)):
                keys[:, half] = mix(keys[:, half] * _SEEDS[half] + hashes)
        # Reserve (0, 0) for rows that are left out, filtered or ignored.
        keys[:, 0] |= np.uint64(1)
        keys[left_out(columns, self.leave_out)] = 0
        if view.positions is not None:
            placed = np.zeros((view.rows, 2), np.uint64)
            placed[view.positions] = keys
            keys = placed
        state.chunks.append(keys)
        return state

    def merge(self, states: Sequence[KeysState]) -> KeysState:
        rows = sum(s.rows for s in states)
        chunks = [] if rows > self.limit else [c for s in states for c in s.chunks]
        return KeysState(rows, sum(s.elements for s in states), chunks)

    def repeats(self, state: KeysState) -> tuple[int, np.ndarray] | None:
        """Return (rows looked at, int64 rows whose key another row has), None beyond the limit."""
        if state.rows > self.limit:
            return None
        keys = self._all(state)
        considered = np.flatnonzero(keys[:, 0])
        looked_at = keys[considered]
        order = np.argsort(looked_at[:, 0])
        same, agree = _neighbours(looked_at[order])
        if not np.array_equal(same, agree):
            # Two keys share their first half alone: only then must both halves be sorted.
            order = np.lexsort((looked_at[:, 1], looked_at[:, 0]))
            same = _neighbours(looked_at[order])[1]
        repeated = np.zeros(len(order), bool)
        repeated[1:] |= same
        repeated[:-1] |= same
        return len(considered), np.sort(considered[order[repeated]])

    def dump(self, state: KeysState) -> tuple[dict[str, Any], dict[str, Any]]:
        meta = {"rows": state.rows, "elements": state.elements}
        return meta, {} if state.rows > self.limit else {"keys": self._all(state)}

    def load(self, meta: dict[str, Any], arrays: dict[str, Any]) -> KeysState:
        return KeysState(meta["rows"], meta["elements"], list(arrays.values()))

    def _all(self, state: KeysState) -> np.ndarray:
        return np.concatenate([np.zeros((0, 2), np.uint64), *state.chunks])


def left_out(columns: Sequence[Column], leave_out: str) -> np.ndarray:
    """Return bool (rows,): rows that ignore_row_if leaves out ('any', 'all' or 'never')."""
    masks = [column.missing for column in columns]
    if leave_out == "never":
        return np.zeros(len(masks[0]), bool)
    combine = np.logical_or if leave_out == "any" else np.logical_and
    return np.asarray(combine.reduce(masks))


def _neighbours(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return bool (rows - 1,) twice: equal to the next key in the first half, and in both."""
    same = keys[1:, 0] == keys[:-1, 0]
    return same, same & (keys[1:, 1] == keys[:-1, 1])


def _hashes(column: Column) -> list[np.ndarray]:
    """Return two uint64 (rows,): of numbers by their bits, of texts by SipHash-2-4."""
    if column.kind is Kind.STRING:
        import pandas as pd

        texts = column.array.fill_null("").to_numpy(zero_copy_only=False)
        bits = [pd.util.hash_array(texts, hash_key=k, categorize=False) for k in _siphash_keys()]
    else:
        array = column.array.cast(pa.int32()) if column.kind is Kind.DATE else column.array
        if column.kind in (Kind.TIMESTAMP, Kind.DATE, Kind.NULL):
            filled = array.cast(pa.int64()).fill_null(0)
            numbers = filled.to_numpy(zero_copy_only=False)
        else:
            numbers = column.numbers
        bits = [np.ascontiguousarray(numbers).view(np.uint64)] * 2
    return [
        np.where(
            column.missing,
            _NULL,
            mix(b + np.uint64(secret.number(b"provender.expect/%d" % i, seed))),
        )
        for i, (b, seed) in enumerate(zip(bits, map(int, _SEEDS), strict=True))
    ]


def _siphash_keys() -> list[str]:
    """Return two keys of 16 bytes, of 64 bits each where there is a secret key."""
    drawn = [secret.stream(b"provender.siphash/%d" % half, 8).hex() for half in range(2)]
    return [own or public for own, public in zip(drawn, _SIPHASH_KEYS, strict=True)]
