"""What only Parquet has: footers that lie, dictionaries that explode, checksums, encryption."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.errors import InputError
from provender.io.chunks import VerifiedFile, hash_stream
from provender.io.failures import plain_failures
from provender.io.formats import Limits, Source, pieces
from provender.io.parquet import batches, inspect


def written(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def source(data):
    digests = hash_stream(io.BytesIO(data))
    file = VerifiedFile(io.BytesIO(data), len(data), digests.chunks, "a.parquet")
    return Source("a.parquet", file)


def stream(data, limits=None):
    opened = source(data)
    with plain_failures("a.parquet", opened.file):
        schema, spans = inspect(opened, 2**26)
        for span in spans:
            yield from batches(opened, span, schema, schema.names, limits or Limits())


def varint(number):
    """Thrift's zigzag variable-length integer."""
    number <<= 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def test_a_dictionary_that_explodes_is_decoded_a_few_rows_at_a_time():
    word = "x" * 2_000_000
    encoded = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, np.int32)), [word])
    data = written(pa.table({"s": encoded}), compression="zstd", store_schema=False)
    assert len(data) < 10_000
    found = stream(data)
    for _ in range(3):
        batch = next(found)
        assert batch.nbytes <= 64 * 2**20
        assert batch.column(0)[0].as_py() == word


def test_a_dictionary_column_is_cut_by_its_decoded_size():
    encoded = pa.array(["x" * 1000, "y"] * 500).dictionary_encode()
    batch = pa.record_batch({"s": encoded})
    cut = list(pieces(batch, Limits(16384, 50_000)))
    assert max(piece.num_rows for piece in cut) <= 101
    assert pa.Table.from_batches(cut).num_rows == 1000


@pytest.mark.parametrize("told", [1001, 2**13, 2**55])
def test_a_footer_that_promises_more_rows_than_there_are_is_refused(told):
    data = written(pa.table({"n": list(range(1000))}), compression="none")
    assert data.count(varint(1000)) >= 2
    body, footer = data[:-1000], data[-1000:]
    with pytest.raises(InputError, match=r"rows|decoded|memory"):
        list(stream(body + footer.replace(varint(1000), varint(told))))


def test_a_flipped_page_is_refused_where_the_writer_left_checksums():
    table = pa.table({"n": np.arange(1000)})
    for checked in (True, False):
        data = bytearray(written(
            table, compression="none", use_dictionary=False, write_page_checksum=checked
        ))  # fmt: skip
        place = data.find(np.arange(500, 510).tobytes())
        data[place] ^= 1
        if checked:
            with pytest.raises(InputError, match="CRC"):
                list(stream(bytes(data)))
        else:
            assert next(stream(bytes(data))).column(0)[500].as_py() == 501


def test_encrypted_parquet_is_named():
    data = b"PARE" + b"\0" * 40 + b"PARE"
    with pytest.raises(InputError, match="is encrypted Parquet; decrypt it first"):
        list(stream(data))


def test_wide_rows_make_short_batches():
    data = written(pa.table({"s": [f"x{i}" * 20_000 for i in range(64)]}), use_dictionary=False)
    sizes = [batch.num_rows for batch in stream(data, Limits(16384, 200_000))]
    assert max(sizes) < 10
    assert sum(sizes) == 64


def test_a_row_group_larger_than_what_is_held_streams_through_buffers(monkeypatch):
    from provender.io import parquet

    data = written(pa.table({"n": np.random.default_rng(1).integers(0, 2**60, 300_000)}))
    monkeypatch.setattr(parquet, "_HELD_BYTES", 10_000)
    monkeypatch.setattr(parquet, "_BUFFER_BYTES", 4096)
    whole = pa.Table.from_batches(stream(data))
    assert whole == pq.read_table(io.BytesIO(data))


def test_names_with_dots_and_nested_columns_read_as_they_are():
    table = pa.table({"a": [1], "a.b": [2], "s": [{"x": [1, None], "y.z": "t"}]})
    assert pa.Table.from_batches(stream(written(table))).to_pylist() == table.to_pylist()
