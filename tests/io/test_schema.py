from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.errors import InputError, NothingCheckedError
from provender.io.schema import conform, unify
from provender.io.widen import plain, widen


def schema(**types):
    return pa.schema(list(types.items()))


def batch(**columns):
    return pa.record_batch({name: pa.array(values) for name, values in columns.items()})


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        (pa.int8(), pa.int32(), pa.int32()),
        (pa.uint8(), pa.int8(), pa.int16()),
        (pa.uint32(), pa.int8(), pa.int64()),
        (pa.uint64(), pa.int64(), pa.int64()),
        (pa.uint8(), pa.uint16(), pa.uint16()),
        (pa.int64(), pa.float32(), pa.float64()),
        (pa.float32(), pa.float64(), pa.float64()),
        (pa.null(), pa.struct([("a", pa.int8())]), pa.struct([("a", pa.int8())])),
        (pa.string(), pa.large_string(), pa.string()),
        (pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.string()),
        (pa.binary(), pa.binary(16), pa.binary()),
        (pa.decimal128(5, 2), pa.decimal128(10, 4), pa.decimal128(10, 4)),
        (pa.decimal128(5, 2), pa.int32(), pa.decimal128(22, 2)),
        (pa.decimal128(38, 0), pa.decimal128(38, 10), pa.decimal256(48, 10)),
        (pa.decimal128(5, 2), pa.float32(), pa.float64()),
        (pa.timestamp("s"), pa.timestamp("us"), pa.timestamp("us")),
        (pa.timestamp("ms", "Asia/Tokyo"), pa.timestamp("ns", "UTC"), pa.timestamp("ns", "UTC")),
        (pa.date32(), pa.date64(), pa.date64()),
        (pa.time32("s"), pa.time64("us"), pa.time64("us")),
        (pa.duration("s"), pa.duration("ms"), pa.duration("ms")),
        (pa.list_(pa.null()), pa.large_list(pa.int8()), pa.list_(pa.int8())),
        (pa.list_(pa.float32(), 3), pa.list_(pa.float32(), 3), pa.list_(pa.float32(), 3)),
        (pa.list_(pa.float32(), 3), pa.list_(pa.float32(), 4), pa.list_(pa.float32())),
        (pa.map_(pa.string(), pa.int8()), pa.map_(pa.large_string(), pa.int16()),
         pa.map_(pa.string(), pa.int16())),
        (pa.string(), pa.int64(), None),
        (pa.bool_(), pa.int64(), None),
        (pa.timestamp("s"), pa.timestamp("s", "UTC"), None),
        (pa.timestamp("s"), pa.date32(), None),
        (pa.list_(pa.int8()), pa.list_(pa.string()), None),
        (pa.struct([("a", pa.int8())]), pa.struct([("a", pa.string())]), None),
    ],
)  # fmt: skip
def test_two_types_widen_to_the_narrowest_for_both(left, right, both):
    assert widen(left, right) == both
    assert widen(right, left) == both


NUMBERS = [pa.int8(), pa.int64(), pa.uint8(), pa.uint64(), pa.float32(), pa.float64()]
DECIMALS = [pa.decimal128(5, 2), pa.decimal128(9, 7)]
TIMES = [pa.date32(), pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("s", "UTC")]
OTHERS = [pa.null(), pa.string(), pa.large_string(), pa.bool_()]
SIMPLE = st.sampled_from([*NUMBERS, *DECIMALS, *TIMES, *OTHERS])
TYPES = st.recursive(SIMPLE, lambda inner: inner.map(pa.list_), max_leaves=3)


@given(st.lists(TYPES, min_size=1, max_size=5), st.randoms())
def test_the_order_of_widening_does_not_matter(types, random):
    def fold(given_types):
        result = pa.null()
        for type_ in given_types:
            result = None if result is None else widen(result, type_)
        return result

    shuffled = random.sample(types, len(types))
    assert fold(types) == fold(shuffled)
    whole = fold(types)
    if whole is not None:
        assert all(widen(whole, type_) == whole for type_ in types)


@given(TYPES)
def test_a_plain_type_stays_as_it_is(type_):
    assert plain(plain(type_)) == plain(type_)


def test_extension_and_run_end_types_count_as_their_values():
    assert plain(pa.uuid()) == pa.binary(16)
    assert plain(pa.run_end_encoded(pa.int32(), pa.large_string())) == pa.string()


def test_columns_keep_the_first_shards_order_and_widen():
    unified = unify(
        [
            ("a.parquet", schema(x=pa.int32(), s=pa.large_string())),
            ("b.parquet", schema(s=pa.dictionary(pa.int8(), pa.string()), x=pa.float32())),
        ]
    )
    assert unified == schema(x=pa.float64(), s=pa.string())


def test_only_json_lines_may_lack_a_column():
    has, lacks = schema(a=pa.int64(), b=pa.int64()), schema(a=pa.int64())
    assert unify([("x.jsonl", lacks), ("y.jsonl.gz", has)]).names == ["a", "b"]
    assert unify([("x.jsonl", lacks), ("y.parquet", has)]).names == ["a", "b"]
    with pytest.raises(InputError, match=r"^x.csv: has no column 'b', which each of 2 others"):
        unify([("x.csv", lacks), ("x.jsonl", lacks), ("y.csv", has), ("z.csv", has)])
    with pytest.raises(InputError, match=r"^z.csv: has a column 'b', which each of 2 others"):
        unify([("x.csv", lacks), ("y.csv", lacks), ("z.csv", has)])


def test_the_shard_against_the_others_is_named_with_both_types():
    shards = [(f"{i}.csv", schema(age=pa.int64())) for i in range(9)]
    odd = ("5x.csv", schema(age=pa.string()))
    message = "5x.csv: column 'age' is string here and int64 in each of 9 others (0.csv ...)"
    for given_shards in ([odd, *shards], [*shards, odd]):
        with pytest.raises(InputError) as caught:
            unify(given_shards)
        assert str(caught.value).startswith(message)
        assert caught.value.mend


def test_no_schema_is_nothing_checked():
    with pytest.raises(NothingCheckedError):
        unify([])


def test_a_batch_is_cast_to_the_unified_schema():
    given_batch = pa.record_batch(
        {
            "d": pa.array(["a", None, "a"]).dictionary_encode(),
            "n": pa.array([1, None, 3], pa.int8()),
            "z": pa.nulls(3),
            "extra": [1, 2, 3],
            "run": pa.RunEndEncodedArray.from_arrays([2, 3], pa.array(["x", "y"])),
        }
    )
    wanted = schema(
        z=pa.string(), n=pa.float64(), d=pa.string(), run=pa.string(), missing=pa.list_(pa.int8())
    )
    result = conform(given_batch, wanted)
    result.validate(full=True)
    assert result.schema == wanted
    assert result.to_pydict() == {
        "z": [None] * 3,
        "n": [1.0, None, 3.0],
        "d": ["a", None, "a"],
        "run": ["x", "x", "y"],
        "missing": [None] * 3,
    }
    assert conform(given_batch, pa.schema([])).num_rows == 3


@pytest.mark.parametrize("start", [0, 1, 2])
def test_nested_values_are_cast_whole_and_in_slices(start):
    values = [{"l": [{"a": 1}, None], "k": 1}, None, {"l": None, "k": None}, {"l": [], "k": 2}]
    inner = pa.struct([("l", pa.large_list(pa.struct([("a", pa.int8())]))), ("k", pa.int8())])
    outer = pa.struct(
        [("k", pa.float64()), ("l", pa.list_(pa.struct([("a", pa.int64()), ("b", pa.string())])))]
    )
    given_batch = pa.record_batch({"v": pa.array(values, inner)}).slice(start)
    result = conform(given_batch, pa.schema([("v", outer)]))
    result.validate(full=True)
    expected = [
        {"k": 1.0, "l": [{"a": 1, "b": None}, None]},
        None,
        {"k": None, "l": None},
        {"k": 2.0, "l": []},
    ]
    assert result.to_pydict() == {"v": expected[start:]}


def test_every_widening_can_be_cast():
    cases = [
        (pa.array([[1.0, 2.0, 3.0], None], pa.list_(pa.float32(), 3)), pa.list_(pa.float64())),
        (pa.array([b"ab"], pa.binary(2)), pa.binary()),
        (pa.array([5], pa.int32()), pa.decimal128(22, 2)),
        (pa.array([Decimal("1.25")], pa.decimal128(5, 2)), pa.decimal128(10, 4)),
        (pa.array([1], pa.timestamp("s", "Asia/Tokyo")), pa.timestamp("ns", "UTC")),
        (pa.array([1], pa.date32()), pa.date64()),
        (pa.array([1], pa.time32("s")), pa.time64("us")),
        (pa.array([[("k", 1)]], pa.map_(pa.large_string(), pa.int8())),
         pa.map_(pa.string(), pa.int16())),
        (pa.array([b"0123456789abcdef"], pa.uuid()), pa.binary(16)),
        (pa.array([["a"], None], pa.list_view(pa.string_view())), pa.list_(pa.string())),
    ]  # fmt: skip
    for array, type_ in cases:
        result = conform(pa.record_batch({"v": array}), pa.schema([("v", type_)]))
        result.validate(full=True)
        assert result.num_rows == len(array)
        assert result.column(0).null_count == array.null_count


def test_a_value_that_does_not_fit_names_the_column():
    with pytest.raises(InputError, match=r"^column 'n': a value does not fit int64"):
        conform(pa.record_batch({"n": pa.array([2**63], pa.uint64())}), schema(n=pa.int64()))
