"""The canonical record encoding: pinned by a golden file, equal for equal values only."""

import datetime as dt
import decimal
import json
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.errors import InputError
from provender.identity.encoding import encode_rows

GOLDEN = Path(__file__).parents[1] / "golden" / "records.json"


def encoded(array):
    return encode_rows(pa.record_batch([array], names=["c"])).to_pylist()


def golden_columns():
    utc = dt.UTC
    return {
        "bool": pa.array([True, False, None]),
        "int": pa.array([0, -1, 2**63 - 1], pa.int64()),
        "uint": pa.array([0, 2**63, 2**64 - 1], pa.uint64()),
        "float": pa.array([0.0, -0.0, math.nan]),
        "infinite": pa.array([math.inf, -math.inf, 5e-324]),
        "decimal": pa.array([decimal.Decimal("1.50"), decimal.Decimal("-0.001"), None]),
        "string": pa.array(["", "é", None]),
        "binary": pa.array([b"", b"\x00\xff", None]),
        "date": pa.array([dt.date(1970, 1, 1), dt.date(1969, 12, 31), None]),
        "time": pa.array([dt.time(0), dt.time(23, 59, 59, 999999), None]),
        "duration": pa.array([dt.timedelta(0), dt.timedelta(microseconds=-1), None]),
        "instant": pa.array(
            [
                dt.datetime(1970, 1, 1, tzinfo=utc),
                dt.datetime(1969, 12, 31, 23, 59, tzinfo=utc),
                None,
            ]
        ),
        "wall": pa.array([dt.datetime(1970, 1, 1), dt.datetime(1, 1, 1), None]),
        "list": pa.array([[], [1, None], None], pa.list_(pa.int8())),
        "nested": pa.array([[["a"], []], [None], None], pa.list_(pa.list_(pa.string()))),
        "struct": pa.array([{"a": 1, "b": None}, {"a": None, "b": "x"}, None]),
        "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
    }


def test_the_encoding_is_the_one_in_the_golden_file():
    found = {
        name: [
            record.hex() for record in encode_rows(pa.record_batch([column], [name])).to_pylist()
        ]
        for name, column in golden_columns().items()
    }
    assert found == json.loads(GOLDEN.read_text())


SAME = [
    ("int widths", pa.array([1, 2], pa.int8()), pa.array([1, 2], pa.uint64())),
    ("float widths", pa.array([0.5, 2], pa.float32()), pa.array([0.5, 2], pa.float64())),
    (
        "nan payloads",
        pa.array([math.nan]),
        pa.array(np.array([0x7FF8000000000001], "u8").view("f8")),
    ),
    ("string types", pa.array(["a", None]), pa.array(["a", None], pa.large_string())),
    ("string views", pa.array(["a", "b"]), pa.array(["a", "b"], pa.string_view())),
    ("binary types", pa.array([b"ab"]), pa.array([b"ab"], pa.binary(2))),
    ("dictionaries", pa.array(["a", "b", "a"]), pa.array(["a", "b", "a"]).dictionary_encode()),
    ("decimal scales", pa.array([decimal.Decimal("1.5")]), pa.array([decimal.Decimal("1.500")])),
    (
        "time units",
        pa.array([1], pa.timestamp("s", "UTC")),
        pa.array([10**9], pa.timestamp("ns", "UTC")),
    ),
    (
        "zones of one instant",
        pa.array([1], pa.timestamp("s", "UTC")),
        pa.array([1], pa.timestamp("s", "Europe/Berlin")),
    ),
    (
        "list types",
        pa.array([[1, 2], None], pa.list_(pa.int8())),
        pa.array([[1, 2], None], pa.large_list(pa.int64())),
    ),
    ("fixed lists", pa.array([[1, 2]]), pa.array([[1, 2]], pa.list_(pa.int64(), 2))),
    ("dates", pa.array([1], pa.date32()), pa.array([86_400_000], pa.date64())),
]


@pytest.mark.parametrize(("why", "one", "other"), SAME, ids=[s[0] for s in SAME])
def test_equal_values_are_encoded_alike_whatever_their_type(why, one, other):
    assert encoded(one) == encoded(other)


DIFFERENT = [
    ("null and empty", pa.array([None], pa.string()), pa.array([""])),
    ("null and nan", pa.array([None], pa.float64()), pa.array([math.nan])),
    ("int and float", pa.array([1]), pa.array([1.0])),
    ("int and string", pa.array([1]), pa.array(["1"])),
    ("string and binary", pa.array(["a"]), pa.array([b"a"])),
    ("signed zeros", pa.array([0.0]), pa.array([-0.0])),
    (
        "instant and wall clock",
        pa.array([1], pa.timestamp("s", "UTC")),
        pa.array([1], pa.timestamp("s")),
    ),
    (
        "empty and null list",
        pa.array([[]], pa.list_(pa.int8())),
        pa.array([None], pa.list_(pa.int8())),
    ),
    ("list boundaries", pa.array([[["a", "b"]]]), pa.array([[["a"], ["b"]]])),
    ("composed and decomposed", pa.array(["é"]), pa.array(["e\u0301"])),
    ("date and timestamp", pa.array([0], pa.date32()), pa.array([0], pa.timestamp("s"))),
    ("decimal and float", pa.array([decimal.Decimal("1.5")]), pa.array([1.5])),
]


@pytest.mark.parametrize(("why", "one", "other"), DIFFERENT, ids=[d[0] for d in DIFFERENT])
def test_different_values_are_encoded_apart(why, one, other):
    assert encoded(one) != encoded(other)


def test_column_boundaries_and_names_count_but_not_column_order():
    def record(**cells):
        return encode_rows(pa.record_batch({k: pa.array([v]) for k, v in cells.items()}))[0]

    assert record(a="xy", b="z") != record(a="x", b="yz")
    assert record(a=1, b=2) != record(a=2, b=1)
    assert record(a=1) != record(b=1)
    assert record(a=1, b=2) == record(b=2, a=1)
    assert record(a=1, b=None) == record(a=1), "a null field is as good as absent"


VALUES = st.one_of(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.text(),
    st.none() | st.floats(),
)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_slices_and_codecs_do_not_change_records(tmp_path_factory, data):
    kind, values = data.draw(
        st.sampled_from(
            [
                (pa.int64(), st.none() | st.integers(-(2**63), 2**63 - 1)),
                (pa.string(), st.none() | st.text()),
                (pa.list_(pa.string()), st.none() | st.lists(st.none() | st.text(max_size=3))),
                (
                    pa.struct([("a", pa.int64())]),
                    st.none() | st.fixed_dictionaries({"a": st.none() | st.integers(0, 9)}),
                ),
            ]
        )
    )
    rows = data.draw(st.lists(values, max_size=12))
    array = pa.array(rows, kind)
    whole = encoded(array)
    start = data.draw(st.integers(0, len(rows)))
    assert encoded(array.slice(start)) == whole[start:]
    path = tmp_path_factory.mktemp("codec") / "x.parquet"
    codec = data.draw(st.sampled_from(["none", "snappy", "zstd"]))
    pq.write_table(pa.table({"c": array}), path, compression=codec, row_group_size=3)
    assert [
        r for b in pq.ParquetFile(path).iter_batches(5) for r in encode_rows(b).to_pylist()
    ] == whole


def test_a_type_without_an_encoding_is_named():
    months = pa.array([(1, 2, 3)], pa.month_day_nano_interval())
    with pytest.raises(InputError, match="month_day_nano"):
        encoded(months)
