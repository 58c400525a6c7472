"""Sums without rounding, so that every cut and order of the rows gives the same total.

A float64 is an integer times a power of two, so a sum of them is one long integer in units of
2**-1126 (Kulisch's long accumulator); merging is integer addition.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

FLOAT_UNIT = 1126
"""Totals of floats count units of 2**-1126: the smallest that a 53-bit significand needs."""

_SLICE = 1 << 18
_HALF = 27
_LOW = (1 << _HALF) - 1
_LIMB = 22


def total(values: np.ndarray) -> int:
    """Return the exact sum of ``values``, finite float64 (rows,), or int64 or uint64 (rows,).

    Floats: in units of 2**-1126.
    """
    if values.dtype.kind != "f":
        return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
    whole, exponents, base = _split(values)
    return _by_exponent(whole, exponents) << (base - 53 + FLOAT_UNIT)


def total_of_squares(values: np.ndarray) -> int:
    """Return the exact sum of squares; floats in units of 2**-2252."""
    parts = range(0, len(values), _SLICE)
    squares = _float_squares if values.dtype.kind == "f" else _integer_squares
    return sum(squares(values[start : start + _SLICE]) for start in parts)


def as_fraction(units: int, unit: int) -> Fraction:
    """Return ``units`` times 2**-``unit``."""
    return Fraction(units, 1 << unit)


def as_float(value: Fraction) -> float:
    """Return the nearest float64; infinite beyond its range."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return whole significands, exponents above the smallest one, and that one."""
    significands, exponents = np.frexp(values)
    base = int(exponents.min()) if len(values) else 0
    return (significands * 2.0**53).astype(np.int64), exponents - base, base


def _by_exponent(whole: np.ndarray, exponents: np.ndarray) -> int:
    """Return the sum of whole * 2**exponent; |whole| < 2**54."""
    result = 0
    for start in range(0, len(whole), _SLICE):
        part, places = whole[start : start + _SLICE], exponents[start : start + _SLICE]
        # Halves of at most 27 bits keep the float64 bins of bincount exact.
        for half, shift in ((part >> _HALF, _HALF), (part & _LOW, 0)):
            bins = np.bincount(places, weights=half)
            result += sum(int(bins[i]) << (shift + int(i)) for i in np.flatnonzero(bins))
    return result


def _float_squares(values: np.ndarray) -> int:
    whole, exponents, base = _split(values)
    high, low = whole >> _HALF, whole & _LOW
    twice = 2 * exponents
    result = (
        (_by_exponent(high * high, twice) << (2 * _HALF))
        + (_by_exponent(high * low, twice) << (_HALF + 1))
        + _by_exponent(low * low, twice)
    )
    return result << 2 * (base - 53 + FLOAT_UNIT)


def _integer_squares(values: np.ndarray) -> int:
    mask = (1 << _LIMB) - 1
    limbs = [values & mask, (values >> _LIMB) & mask, values >> (2 * _LIMB)]
    signed = [limb.astype(np.int64) for limb in limbs]
    result = 0
    for i, left in enumerate(signed):
        for j, right in enumerate(signed):
            result += int(np.dot(left, right)) << (_LIMB * (i + j))
    return result
