"""Rows by shard add up as counters do, in any order."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from provender.work.shard_rows import ShardRows

COUNTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**40)), max_size=8)


def added(counts: list[tuple[int, int]]) -> ShardRows:
    return sum((ShardRows.of(*count) for count in counts), ShardRows())


@given(COUNTS, COUNTS)
def test_they_add_up_in_any_order(some: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
    expected: Counter[int] = Counter()
    for place, rows in some + more:
        expected[place] += rows
    both = added(some) + added(more)
    assert dict(both.items()) == dict(expected)
    assert both == added(more[::-1] + some)
    assert hash(both) == hash(added(more + some))
    assert list(both.places) == sorted(expected)
    assert (both == ShardRows()) == (not expected)
