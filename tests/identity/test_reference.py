"""The vectorised encoding is the one docs/identity.md describes; its digests see every cell."""

import hashlib

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.errors import InputError
from provender.identity.encoding import encode_rows
from provender.identity.records import record_digests
from provender.stats.sharing import shared
from tests.identity import reference
from tests.identity.columns import KINDS, arrays, batches


def by_the_page(batch):
    return [
        reference.record([(n, batch.column(n)[i]) for n in batch.schema.names])
        for i in range(batch.num_rows)
    ]


@given(batches())
@settings(max_examples=150)
def test_records_are_those_the_page_describes(batch):
    assert encode_rows(batch).to_pylist() == by_the_page(batch)


@given(batches())
@settings(max_examples=50)
def test_a_digest_is_the_leaf_hash_of_the_record_shared_or_not(batch):
    expected = [hashlib.sha256(b"\x00" + r).digest() for r in by_the_page(batch)]
    with shared():
        # Other slices, columns and orders of the same memory must not be taken for this one.
        for other in (batch.slice(1), batch.select(batch.schema.names[::-1]), batch):
            assert record_digests(other) == expected[-other.num_rows :][: other.num_rows]
        fewer = batch.select(batch.schema.names[1:])
        assert record_digests(fewer) == record_digests(fewer.slice(0))
    assert record_digests(batch) == expected
    assert record_digests(fewer) == [
        hashlib.sha256(b"\x00" + r).digest() for r in by_the_page(fewer)
    ]


@given(st.data())
@settings(max_examples=150)
def test_two_columns_have_equal_records_exactly_where_their_cells_are_equal(data):
    kind, values = data.draw(KINDS)
    one, other = (data.draw(arrays(kind, values, 4)) for _ in range(2))
    left, right = (encode_rows(pa.record_batch({"c": a})).to_pylist() for a in (one, other))
    cells = [[reference.cell(v) for v in a] for a in (one, other)]
    assert [a == b for a, b in zip(left, right, strict=True)] == [
        a == b for a, b in zip(*cells, strict=True)
    ]


@given(st.lists(st.tuples(st.none() | st.text(max_size=3), st.none() | st.text(max_size=3))))
def test_no_two_rows_of_text_meet_across_column_boundaries(rows):
    batch = pa.record_batch(
        {n: pa.array([r[i] for r in rows], pa.string()) for i, n in enumerate("ab")}
    )
    assert len(set(encode_rows(batch).to_pylist())) == len(set(rows))


def test_a_map_whose_values_are_all_null_is_read_in_slices():
    kind = pa.map_(pa.string(), pa.struct([("a", pa.int8()), ("b", pa.null())]))
    rows = [[("x", {"a": 1, "b": None})], None, [], [("y", {"a": 2, "b": None}), ("z", None)]]
    batch = pa.record_batch({"m": pa.array(rows * 2, kind).slice(3)})
    assert encode_rows(batch).to_pylist() == by_the_page(batch)


@pytest.mark.parametrize(
    "column",
    [
        pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array("ab")]),
        pa.array([(1, 2, 3)] * 2, pa.month_day_nano_interval()),
    ],
    ids=["union", "interval"],
)
def test_a_type_without_an_encoding_is_refused_shared_or_not(column):
    batch = pa.record_batch({"c": column})
    with pytest.raises(InputError, match="no canonical encoding"):
        record_digests(batch)
    with shared(), pytest.raises(InputError, match="no canonical encoding"):
        record_digests(batch)


@pytest.mark.parametrize(
    "column",
    [
        pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["a", None])),
        pa.array(["a", "a", None]).dictionary_encode(),
        pa.array([[1], None, [2, None]], pa.list_view(pa.int8())),
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes(16)] * 3, pa.binary(16))),
    ],
    ids=["runs", "dictionary", "list view", "extension"],
)
def test_rarer_layouts_are_read_by_value_shared_or_not(column):
    plain = {"a": pa.array([1, 2, 3]), "c": column}
    batch = pa.record_batch(plain)
    with shared():
        made = record_digests(batch)
        assert record_digests(batch.slice(1)) == made[1:]
        assert record_digests(batch) is made
    assert record_digests(batch) == made
    assert len(set(made)) == 3
