import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from provender.expect.exact import FLOAT_UNIT, as_float, as_fraction, total, total_of_squares

FLOATS = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=30)


@given(FLOATS)
def test_the_total_of_floats_is_exact(values):
    expected = sum((Fraction(v) for v in values), Fraction(0))
    assert as_fraction(total(np.array(values, dtype=float)), FLOAT_UNIT) == expected


@given(FLOATS)
def test_the_total_of_squared_floats_is_exact(values):
    expected = sum((Fraction(v) ** 2 for v in values), Fraction(0))
    squares = total_of_squares(np.array(values, dtype=float))
    assert as_fraction(squares, 2 * FLOAT_UNIT) == expected


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30))
def test_totals_of_int64_are_exact(values):
    array = np.array(values, dtype=np.int64)
    assert total(array) == sum(values)
    assert total_of_squares(array) == sum(v * v for v in values)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30))
def test_totals_of_uint64_are_exact(values):
    array = np.array(values, dtype=np.uint64)
    assert total(array) == sum(values)
    assert total_of_squares(array) == sum(v * v for v in values)


def test_many_values_of_very_different_size_are_summed_exactly():
    values = np.random.default_rng(0).normal(size=600_000) * 10.0 ** np.arange(-150, 150).repeat(
        2000
    )
    assert as_float(as_fraction(total(values), FLOAT_UNIT)) == math.fsum(values)


def test_a_total_beyond_float64_is_infinite():
    assert as_float(Fraction(10**400)) == math.inf
    assert as_float(Fraction(-(10**400))) == -math.inf
