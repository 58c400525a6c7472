"""Limits and corner cases of single measures; what they say is proven in test_against_gx.py."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.expect.aggregates import Extremes, Sums
from provender.expect.keys import Keys
from provender.expect.tally import Tally
from provender.expect.view import View


def measured(measure, *columns):
    (state,) = [measure.empty()]
    for values in columns:
        state = measure.add(state, View(pa.record_batch({"x": values})))
    return state


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=60))
def test_keys_find_exactly_the_texts_that_repeat(texts):
    keys = Keys(("x",), "any")
    looked_at, rows = keys.repeats(measured(keys, pa.array(texts, pa.string())))
    assert looked_at == sum(t is not None for t in texts)
    assert rows.tolist() == [i for i, t in enumerate(texts) if t is not None and texts.count(t) > 1]


@pytest.mark.parametrize(
    ("values", "repeated"),
    [
        (pa.array([0.0, -0.0, 1.0, float("nan"), float("nan")]), [0, 1]),
        (pa.array([2**63, 2**63, 2**63 + 1], pa.uint64()), [0, 1]),
        (pa.array([True, False, True]), [0, 2]),
        (pa.array([1, 2, 1], pa.date32()), [0, 2]),
        (pa.array([1, 2, 1], pa.timestamp("us", "UTC")), [0, 2]),
        (pa.array([None, None], pa.null()), []),
    ],
)
def test_keys_compare_values_of_every_kind(values, repeated):
    keys = Keys(("x",), "any")
    assert keys.repeats(measured(keys, values))[1].tolist() == repeated


def test_keys_that_share_one_half_alone_are_not_equal():
    keys = Keys(("x",), "any")
    state = measured(keys, pa.array([1, 2, 3]))
    state.chunks = [np.array([[5, 1], [5, 2], [5, 1]], np.uint64)]
    assert keys.repeats(state)[1].tolist() == [0, 2]


def test_beyond_the_limit_of_rows_keys_say_nothing():
    keys = Keys(("x",), "any", limit=5)
    assert keys.repeats(measured(keys, pa.array([1, 1, 2]), pa.array([3, 4]))) is not None
    assert keys.repeats(measured(keys, pa.array([1, 1, 2]), pa.array([3, 4, 5]))) is None


def test_a_tally_counts_until_its_limit_whatever_the_batches():
    tally = Tally("x", limit=16 * 100)
    full = measured(tally, pa.array(range(100)), pa.array(range(100)))
    values, counts = tally.counts(full)
    assert values.to_pylist() == list(range(100))
    assert set(counts.tolist()) == {2}
    over = measured(tally, *[pa.array([n]) for n in range(101)])
    assert tally.dump(over) == ({"rows": 101, "missing": 0, "over": True}, {})


def test_extremes_do_not_depend_on_the_sign_of_zero_met_first():
    extremes = Extremes("x")
    one, other = (measured(extremes, pa.array(v)) for v in ([0.0, -0.0], [-0.0, 0.0]))
    assert str(one) == str(other)


def test_sums_of_infinities_are_counted_apart():
    totals = measured(Sums("x"), pa.array([1.5, float("inf"), None, float("nan")]))
    assert (totals.finite, totals.high, totals.low, totals.count) == (1, 1, 0, 2)
    assert totals.total() == 1.5
