"""Hypothesis strategies for Arrow columns of every kind that has a canonical encoding."""

import datetime as dt
import decimal

import pyarrow as pa
from hypothesis import strategies as st

DAYS = st.dates(dt.date(1800, 1, 1), dt.date(2200, 1, 1))
STEPS = st.integers(-(10**12), 10**12)


def digits(scale):
    return st.integers(-(10**15), 10**15).map(lambda n: decimal.Decimal(n).scaleb(-scale))


PLAIN = [
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-128, 127)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint32(), st.integers(0, 2**32 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.decimal128(20, 3), digits(3)),
    (pa.decimal128(38, 20), digits(20)),
    (pa.decimal128(20, 0), digits(0)),
    (pa.decimal256(60, -2), digits(-2)),
    (pa.string(), st.text(max_size=20)),
    (pa.large_string(), st.text(max_size=20)),
    (pa.string_view(), st.text(max_size=20)),
    (pa.binary(), st.binary(max_size=20)),
    (pa.large_binary(), st.binary(max_size=20)),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.date32(), DAYS),
    (pa.date64(), DAYS),
    (pa.time32("ms"), st.integers(0, 86_399_999)),
    (pa.time64("us"), st.integers(0, 86_399_999_999)),
    (pa.timestamp("s"), STEPS),
    (pa.timestamp("ms", "UTC"), STEPS),
    (pa.timestamp("ns", "Europe/Berlin"), STEPS),
    (pa.duration("us"), STEPS),
    (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["", "a", "é"])),
    (pa.null(), st.none()),
]


def nested(kinds):
    kind, values = kinds
    maybe = st.none() | values
    return st.sampled_from(
        [
            (pa.list_(kind), st.lists(maybe, max_size=4)),
            (pa.large_list(kind), st.lists(maybe, max_size=4)),
            (pa.list_(kind, 2), st.lists(maybe, min_size=2, max_size=2)),
            (
                pa.struct([("é", kind), ("a", pa.int16())]),
                st.fixed_dictionaries({"é": maybe, "a": st.none() | st.integers(0, 9)}),
            ),
            (
                pa.map_(pa.string(), kind),
                st.lists(st.tuples(st.text(max_size=3), maybe), max_size=3),
            ),
        ]
    )


KINDS = st.recursive(st.sampled_from(PLAIN), lambda inner: inner.flatmap(nested), max_leaves=3)


@st.composite
def arrays(draw, kind, values, rows):
    """An array of ``rows`` cells, as often as not a slice of a longer one."""
    cells = draw(st.sampled_from([values, st.none() | values]))
    before = draw(st.integers(0, 2))
    length = before + rows
    longer = draw(st.lists(cells, min_size=length, max_size=length + 1))
    return pa.array(longer, kind).slice(before, rows)


@st.composite
def batches(draw):
    """A record batch of up to six rows and one to four columns of any kind."""
    count = draw(st.integers(0, 6))
    names = draw(st.lists(st.text(max_size=3), min_size=1, max_size=4, unique=True))
    columns = {name: draw(arrays(*draw(KINDS), count)) for name in names}
    return pa.record_batch(columns)
