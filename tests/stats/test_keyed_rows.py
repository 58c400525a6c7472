"""Keyed rows: groups as pandas finds them, parts that keep the totals, bytes that are checked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.stats.keyed_rows import (
    NO_KEYS,
    KeyedRows,
    Keys,
    bucket_counts,
    counter_width,
    equal_groups,
    merge_keyed,
    pack_keyed,
    select_keys,
    unpack_keyed,
)
from provender.stats.packing import pack

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30)


def _state(pairs: list[tuple[int, int]]) -> KeyedRows:
    keys = np.array(pairs, np.uint64).reshape(-1, 2) << np.uint64(62)
    rows = np.arange(len(pairs))
    return KeyedRows(len(pairs), 0, (Keys(rows, keys, NO_KEYS.tags),), np.ones((1, 16), np.int64))


@settings(deadline=None)
@given(PAIRS)
def test_groups_are_those_of_pandas(pairs: list[tuple[int, int]]) -> None:
    keys = np.array(pairs, np.uint64).reshape(-1, 2)
    groups = equal_groups(keys)
    frame = pd.DataFrame(keys)
    assert sorted(groups.members) == np.flatnonzero(frame.duplicated(keep=False)).tolist()
    later = groups.members[~groups.first]
    assert sorted(later) == np.flatnonzero(frame.duplicated()).tolist()
    for number, size in enumerate(groups.sizes):
        members = groups.members[groups.group == number]
        assert len(members) == size >= 2
        assert (np.diff(members) > 0).all()
        assert len(np.unique(keys[members], axis=0)) == 1


@settings(deadline=None)
@given(PAIRS, st.integers(1, 5))
def test_parts_are_disjoint_cover_all_and_keep_the_totals(
    pairs: list[tuple[int, int]], parts: int
) -> None:
    state = _state(pairs)
    chosen = [select_keys(state, part, parts) for part in range(parts)]
    assert sorted(np.concatenate([c.keys.rows for c in chosen])) == list(range(len(pairs)))
    assert all(c.total == state.total for c in chosen)
    assert not any(c.counts.any() for c in chosen), "counters are as large as many keys"
    keys = [set(map(tuple, c.keys.keys.tolist())) for c in chosen]
    assert sum(map(len, keys)) == len(set().union(*keys))


@settings(deadline=None)
@given(PAIRS, PAIRS, st.integers(1, 4))
def test_selecting_before_or_after_merging_is_the_same(
    one: list[tuple[int, int]], other: list[tuple[int, int]], parts: int
) -> None:
    states = [_state(one), _state(other)]
    for part in range(parts):
        after = select_keys(merge_keyed(states), part, parts)
        before = merge_keyed([select_keys(s, part, parts) for s in states])
        assert pack_keyed(before) == pack_keyed(after)


def test_counters_have_a_bounded_size_and_count_everything() -> None:
    hashes = np.random.default_rng(1).integers(0, 2**64, 1000, dtype=np.uint64)
    for columns in (1, 3, 15, 100, 5000):
        width = counter_width(columns)
        assert width & (width - 1) == 0
        assert 16 <= width <= 1 << 14
        assert columns * width <= max(1 << 17, 16 * columns)
        assert bucket_counts(hashes, width).sum() == 1000


def test_bytes_that_do_not_fit_together_are_refused() -> None:
    meta = {"total": 2, "left_out": 0, "counters": [1, 16]}
    arrays = {
        "rows": np.arange(2),
        "keys": np.zeros((2, 2), np.uint64),
        "tags": NO_KEYS.tags,
        "gaps": np.zeros(0, np.uint32),
        "counts": np.zeros(0, np.int64),
    }
    assert unpack_keyed(pack("keyed-rows/1", meta, arrays)).total == 2
    for wrong in (
        {"rows": np.arange(3)},
        {"tags": np.zeros(1, np.uint32)},
        {"gaps": np.array([9, 7], np.uint8), "counts": np.ones(2, np.int64)},
    ):
        with pytest.raises(ValueError):
            unpack_keyed(pack("keyed-rows/1", meta, {**arrays, **wrong}))
    with pytest.raises(ValueError):
        unpack_keyed(b"nonsense")
