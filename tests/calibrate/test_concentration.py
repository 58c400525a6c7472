"""Flags that gather in one place are named; flags that lie everywhere are not."""

import numpy as np

from provender.calibrate.concentration import concentrated

TOTALS = {f"s{i:02}": 500 for i in range(20)}


def test_ten_flags_in_one_source_of_twenty_are_named():
    found = concentrated({"s07": 10, "s01": 1, "s02": 1}, TOTALS, 0.01)
    assert [name for name, _ in found] == ["s07"]
    assert found[0][1] < 1e-9


def test_flags_from_everywhere_name_nobody():
    rng = np.random.default_rng(3)
    named = 0
    for _ in range(300):
        drawn = rng.choice(sorted(TOTALS), 40)
        named += bool(
            concentrated(
                dict(zip(*np.unique(drawn, return_counts=True), strict=True)), TOTALS, 0.01
            )
        )
    assert named <= 9, "a false alarm in at most about 1 % of draws, with room for chance"


def test_a_large_place_is_not_blamed_for_its_size():
    totals = {"big": 9000, "a": 500, "b": 500}
    assert concentrated({"big": 90, "a": 5, "b": 5}, totals, 0.01) == []


def test_few_flags_or_one_place_say_nothing():
    assert concentrated({"s01": 4}, TOTALS, 0.05) == []
    assert concentrated({"only": 50}, {"only": 500}, 0.05) == []
    assert concentrated({}, {}, 0.05) == []
