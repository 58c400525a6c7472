from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from provender.stats.gram_table import Counts, Growing

entries = st.lists(st.tuples(st.integers(0, 12), st.integers(-3, 3)), max_size=30)


def table(pairs, at_most=None):
    keys = np.array([k for k, _ in pairs], np.uint64)
    values = np.array([[v, 1] for _, v in pairs], np.int64).reshape(-1, 2)
    return Counts.of(keys, values, at_most)


def as_dict(counts):
    return dict(zip(counts.keys.tolist(), map(tuple, counts.values.tolist()), strict=True))


@given(entries, st.integers(1, 5))
def test_sums_equal_a_dictionary_and_a_limit_keeps_the_smallest_keys(pairs, limit):
    sums, counts = Counter(), Counter()
    for key, value in pairs:
        sums[key] += value
        counts[key] += 1
    expected = {key: (sums[key], counts[key]) for key in sorted(counts)}
    assert as_dict(table(pairs)) == expected
    kept = dict(list(expected.items())[:limit])
    assert as_dict(table(pairs, limit)) == kept


@given(entries, st.integers(0, 30), st.integers(1, 5))
def test_merging_limited_pieces_is_limiting_the_whole(pairs, cut, limit):
    pieces = [table(pairs[:cut], limit), table(pairs[cut:], limit), Counts.none(2)]
    assert as_dict(Counts.sum(pieces, limit)) == as_dict(table(pairs, limit))


@given(st.lists(entries, max_size=6))
def test_a_growing_sum_is_the_sum(parts):
    growing = Growing(Counts.none(2))
    for part in parts:
        growing.add(table(part))
    assert as_dict(growing.total()) == as_dict(table([pair for part in parts for pair in part]))


@given(entries, st.lists(st.integers(0, 15), max_size=5))
def test_look_ups_give_zero_where_there_is_no_key(pairs, asked):
    counts = table(pairs)
    known = as_dict(counts)
    found = counts.at(np.array(asked, np.uint64))
    assert found.tolist() == [list(known.get(key, (0, 0))) for key in asked]


def test_sums_of_hashes_wrap_around_at_64_bits():
    big = np.array([[2**62], [2**62], [2**62]], np.int64)
    assert Counts.of(np.zeros(3, np.uint64), big).values.tolist() == [[3 * 2**62 - 2**64]]
