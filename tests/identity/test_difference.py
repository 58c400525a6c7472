"""Which rows one side has and the other lacks: as multisets, whatever the blocks."""

from collections import Counter
from functools import partial

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from provender.identity.difference import ROW, SharedKeys, by_key, surplus

# Few values, so that they repeat; the last words differ too, so that all of a digest counts.
NUMBERS = st.lists(st.integers(0, 6), max_size=25)
KEYED = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=15)


def rows(digests, keys=None):
    found = np.zeros(len(digests), ROW)
    for number, digest in enumerate(digests):
        found[number]["digest"] = [1, 2, digest // 3, digest % 3]
        found[number]["key"] = 0 if keys is None or not keys[number] else [7, keys[number]]
        found[number]["row"] = number
    return found


def blocks(values, size):
    return [values[start : start + size] for start in range(0, len(values), size)]


def numbers(found):
    return [int(row["digest"][2] * 3 + row["digest"][3]) for row in found]


@given(NUMBERS, NUMBERS, st.integers(1, 9))
def test_the_surplus_is_the_difference_of_multisets(before, after, size):
    one, other = rows(before), rows(after)
    found = ([], [])
    for side, part in surplus(partial(blocks, one, size), partial(blocks, other, size)):
        found[side].extend(part)
    assert Counter(numbers(found[0])) == Counter(before) - Counter(after)
    assert Counter(numbers(found[1])) == Counter(after) - Counter(before)


@given(NUMBERS, st.integers(1, 9))
def test_of_equal_records_the_last_are_the_surplus(before, size):
    one = rows(before)
    kept = rows(sorted(set(before)))
    found = [
        int(row["row"])
        for side, part in surplus(partial(blocks, one, size), lambda: [kept])
        for row in part
        if side == 0
    ]
    first = {before.index(value) for value in set(before)}
    assert sorted(found) == sorted(set(range(len(before))) - first)


@given(KEYED, KEYED, st.integers(1, 9))
def test_keys_that_occur_once_on_both_sides_pair_their_records(before, after, size):
    sides = [rows([d for _, d in side], [k for k, _ in side]) for side in (before, after)]
    keys = SharedKeys(*(partial(blocks, side, size) for side in sides))
    counts = [Counter(k for k, _ in side) for side in (before, after)]
    once = {k for k in range(1, 5) if counts[0][k] == counts[1][k] == 1}
    paired = []
    for side, own, other in zip(sides, counts, counts[::-1], strict=True):
        mine, alone, unclear = keys.split(side)
        assert {int(k) for k in mine["key"][:, 1]} == once
        assert all(not k or not other[k] for k in map(int, alone["key"][:, 1]))
        assert all(k and own[k] and other[k] for k in map(int, unclear["key"][:, 1]))
        assert len(mine) + len(alone) + len(unclear) == len(side)
        paired.append(by_key(mine)["key"].tolist())
    assert paired[0] == paired[1]
