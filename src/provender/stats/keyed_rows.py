"""Rows known by a key of their content, and how often values occur: mergeable, partitionable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from provender.stats import secret
from provender.stats.cell_hash import mix
from provender.stats.packing import pack, unpack

_KIND = "keyed-rows/1"
_COUNTERS, _WIDEST, _NARROWEST = 1 << 17, 1 << 14, 16


@dataclass(frozen=True)
class Keys:
    """Some rows and their keys, one entry per row.

    Attributes:
        rows: int64 (n,), row numbers, ascending.
        keys: uint64 (n, 2); the lowest 16 bits of keys[:, 1] hold the content's size.
        tags: uint32 (n,), a hash of the row's label; (0,) where rows have none.
    """

    rows: np.ndarray
    keys: np.ndarray
    tags: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """int64 (n,): words and elements in the longer cells of the row, at most 65,535."""
        return (self.keys[:, 1] & np.uint64(0xFFFF)).astype(np.int64)


NO_KEYS = Keys(np.zeros(0, np.int64), np.zeros((0, 2), np.uint64), np.zeros(0, np.uint32))


@dataclass(frozen=True)
class KeyedRows:
    """The state: at most 28 bytes a row (24 without tags) beside about 1 MiB of counters.

    Attributes:
        total: rows seen, whether or not a part was selected: merging shifts later rows by it.
        left_out: rows that were seen and have no key.
        pieces: keys in row order.
        counts: int64 (counters, width): how many values fell in each hash bucket, for each
            thing that is counted; always of all rows. A linear sketch, so that sums are exact
            whatever the cut.
    """

    total: int
    left_out: int
    pieces: tuple[Keys, ...]
    counts: np.ndarray

    @cached_property
    def keys(self) -> Keys:
        """All keys in one piece."""
        pieces = self.pieces or (NO_KEYS,)
        if len(pieces) == 1:
            return pieces[0]
        return Keys(
            np.concatenate([p.rows for p in pieces]),
            np.concatenate([p.keys for p in pieces]),
            np.concatenate([p.tags for p in pieces]),
        )


def counter_width(counters: int) -> int:
    """Return how many buckets each of so many counters gets: a power of two."""
    share = _COUNTERS // max(counters, 1)
    return int(min(max(1 << max(share.bit_length() - 1, 0), _NARROWEST), _WIDEST))


def bucket_counts(hashes: np.ndarray, width: int) -> np.ndarray:
    """Return int64 (width,): how many of the uint64 ``hashes`` fall in each bucket."""
    shift = np.uint64(64 - (width.bit_length() - 1))
    return np.bincount((hashes >> shift).astype(np.int64), minlength=width).astype(np.int64)


def merge_keyed(states: Sequence[KeyedRows]) -> KeyedRows:
    """Return the state of all pieces, given in canonical order."""
    pieces: list[Keys] = []
    total = 0
    for state in states:
        later = (replace(p, rows=p.rows + total) for p in state.pieces if len(p.rows))
        pieces += later if total else state.pieces
        total += state.total
    counts = states[0].counts.copy()
    for state in states[1:]:
        counts += state.counts
    return KeyedRows(total, sum(s.left_out for s in states), tuple(pieces), counts)


def select_keys(state: KeyedRows, part: int, parts: int) -> KeyedRows:
    """Return the rows whose key belongs to ``part`` of ``parts``; totals stay whole.

    Counters, which are of all rows and as large as many keys, are left out.
    """
    keys = state.keys
    place = keys.keys[:, 0]
    if start := secret.number(b"provender.parts/1", 0):
        # Anybody can write records until their digests fall in one part, which must fit in memory.
        place = mix(place + np.uint64(start))
    prefix = place >> np.uint64(32)
    mine = (prefix * np.uint64(parts)) >> np.uint64(32) == part
    tags = keys.tags[mine] if len(keys.tags) else keys.tags
    counts = np.zeros_like(state.counts)
    return replace(state, pieces=(Keys(keys.rows[mine], keys.keys[mine], tags),), counts=counts)


def pack_keyed(state: KeyedRows) -> bytes:
    """Return the state as bytes; counters that are zero take no room, small ones little."""
    keys = state.keys
    used = np.flatnonzero(state.counts)
    meta = {
        "total": state.total,
        "left_out": state.left_out,
        "counters": list(state.counts.shape),
    }
    arrays = {
        "rows": keys.rows,
        "keys": keys.keys,
        "tags": keys.tags,
        "gaps": _narrow(np.diff(used, prepend=0)),
        "counts": _narrow(state.counts.reshape(-1)[used]),
    }
    return pack(_KIND, meta, arrays)


def unpack_keyed(data: bytes) -> KeyedRows:
    """Return the state that `pack_keyed` wrote.

    Raises:
        ValueError: when the bytes are not such a state.
    """
    meta, arrays = unpack(_KIND, data)
    rows, keys, tags = arrays["rows"], arrays["keys"], arrays["tags"]
    counters, width = meta["counters"]
    found = arrays["counts"]
    used = np.cumsum(arrays["gaps"], dtype=np.int64)
    sound = (
        keys.shape == (len(rows), 2)
        and len(tags) in (0, len(rows))
        and len(used) == len(found)
        and (not len(used) or int(used[-1]) < counters * width)
    )
    if not sound:
        raise ValueError("not a keyed-rows state: its arrays do not fit together")
    counts = np.zeros(counters * width, np.int64)
    counts[used] = found
    pieces = (Keys(rows, keys, tags),)
    return KeyedRows(meta["total"], meta["left_out"], pieces, counts.reshape(counters, width))


def _narrow(values: np.ndarray) -> np.ndarray:
    """Return non-negative integers in the narrowest unsigned type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


@dataclass(frozen=True)
class Groups:
    """Rows that share a key with another, group by group, each group in row order.

    Attributes:
        members: int64 (m,), positions in the arrays of the `Keys` that were grouped.
        group: int64 (m,), number of the member's group, ascending.
        sizes: int64 (groups,), at least 2 each.
    """

    members: np.ndarray
    group: np.ndarray
    sizes: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """Mask (m,) of each group's first row."""
        return np.diff(self.group, prepend=-1) > 0


def equal_groups(keys: np.ndarray) -> Groups:
    """Return the groups of equal rows of ``keys``, uint64 (n, 2), that have two members or more."""
    order = np.argsort(keys[:, 0], kind="stable")
    same = np.diff(keys[order, 0]) == 0
    shared = np.zeros(len(keys), bool)
    shared[1:] |= same
    shared[:-1] |= same
    order = order[shared]
    order = order[np.lexsort((order, keys[order, 1], keys[order, 0]))]
    new = np.ones(len(order), bool)
    new[1:] = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    group = np.cumsum(new) - 1
    sizes = np.bincount(group)
    several = sizes[group] > 1
    kept = np.flatnonzero(sizes > 1)
    return Groups(order[several], np.searchsorted(kept, group[several]), sizes[kept])
