"""Flags that gather in one place are named; flags that lie everywhere are not."""

import numpy as np
import pytest

from provender.calibrate.concentration import comparable, concentrated, dispersed

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


def drawn(rng, shape: float, places: int) -> dict[str, int]:
    """Flags by place whose rates vary as a gamma of this shape, 20 a place on the mean."""
    rates = rng.gamma(shape, 20 / shape, places)
    return {f"s{i:02}": min(int(rng.poisson(rate)), 500) for i, rate in enumerate(rates)}


@pytest.mark.parametrize("shape", [1.0, 2.0, 5.0])
def test_places_that_differ_by_nature_are_rarely_blamed(shape):
    rng = np.random.default_rng(5)
    named = sum(
        bool(found) and found[0][1] <= 1e-4 / 20
        for found in (concentrated(drawn(rng, shape, 20), TOTALS, 0.01) for _ in range(400))
    )
    assert named <= 6, "the exact tail alone blames one in half of these draws and more"


def test_a_place_far_beyond_what_the_others_differ_is_named():
    rng = np.random.default_rng(6)
    flags = {**drawn(rng, 5.0, 20), "s07": 300}
    assert [name for name, _ in concentrated(flags, TOTALS, 0.01)] == ["s07"]


def test_repeated_records_of_one_section_are_its_nature():
    shards = {f"{i}.parquet": 139 for i in range(8)}
    counts = dict(zip(sorted(shards), [0, 14, 0, 7, 3, 2, 2, 3], strict=True))
    assert concentrated(counts, shards, 0.01) == []
    even = dict(zip(sorted(shards), [1, 14, 2, 1, 0, 1, 2, 1], strict=True))
    assert [name for name, _ in concentrated(even, shards, 0.01)] == ["1.parquet"]


@pytest.mark.parametrize(
    ("rows", "enough"),
    [
        ([300] * 20, True),
        ([300] * 10, True),
        ([300] * 9, False),
        ([6000] + [300] * 20, False),
        ([900] + [300] * 20, True),
        ([0] * 12, True),
    ],
)
def test_few_places_or_small_ones_beside_a_large_one_tell_little(rows, enough):
    assert comparable(np.array(rows)) is enough


def test_a_place_without_rows_takes_nothing_from_the_others():
    hits = np.array([30, 0, 9, 1, 7, 0, 12, 3, 8, 2, 11])
    rows = np.full(11, 200)
    some = dispersed(hits, rows)
    assert (some > 0).any(), "the places differ by nature"
    with_empty = dispersed(np.append(hits, 0), np.append(rows, 0))
    assert with_empty[:-1].tolist() == some.tolist()
    assert with_empty[-1] == 0
