"""How far a class's rows lean to it over each other class: exact medians, to a step."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from provender.detect.label_flips.depths import STEPS, depths, leads_of
from provender.stats.gram_table import Counts

CLASSES = 3
leans = st.lists(
    st.tuples(st.integers(0, CLASSES - 1), *[st.floats(-8, 8)] * CLASSES, st.integers(1, 4)),
    min_size=1,
    max_size=40,
)


def counted(rows: list[tuple[float, ...]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(rows, float)
    return table[:, 0].astype(int), table[:, 1:-1], table[:, -1].astype(int)


@given(leans)
def test_half_of_a_class_leans_to_it_so_far(rows):
    label, speaks, weight = counted(rows)
    found = depths(leads_of(label, speaks, weight), CLASSES)
    for k, y in np.argwhere(~np.eye(CLASSES, dtype=bool)).tolist():
        mine = label == k
        lead = np.repeat((speaks[:, k] - speaks[:, y])[mine], weight[mine])
        if len(lead):
            low, high = np.quantile(lead, 0.5, method="lower"), np.quantile(lead, 0.5)
            assert max(low, 0) - 1 / STEPS <= found[k, y] <= max(high, 0) + 1 / STEPS
        else:
            assert found[k, y] == np.inf


@given(leans, st.integers(0, 40))
def test_counts_of_parts_add_up_to_those_of_the_whole(rows, cut):
    parts = [counted(part) for part in (rows[:cut], rows[cut:]) if part]
    whole, sums = leads_of(*counted(rows)), Counts.sum([leads_of(*part) for part in parts])
    np.testing.assert_array_equal(whole.keys, sums.keys)
    np.testing.assert_array_equal(whole.values, sums.values)


def test_a_third_class_like_it_takes_nothing_from_how_far_a_class_leans():
    label, speaks = np.zeros(9, int), np.array([[6.0, 5.75, 1.0]] * 9)
    found = depths(leads_of(label, speaks, np.ones(9, int)), CLASSES)
    assert found[0, 1] < 0.5 < 5 <= found[0, 2] < 5.5
