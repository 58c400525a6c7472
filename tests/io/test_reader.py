"""What holds for every format: spans, columns, partitions, verified bytes, one plain line."""

import contextlib
import gzip
import json
import os
import pickle

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.core.shard import Span
from provender.errors import InputError, IntegrityError, ProvenderError
from provender.io.chunks import CHUNK_BYTES
from provender.io.discover import discover
from provender.io.reader import read_span, schema_of, survey

ROWS = [
    {"n": i, "x": i / 4, "s": f"row {i}, “{'é' * (i % 5)}”", "b": i % 2 == 0} for i in range(200)
]
TABLE = pa.Table.from_pylist(ROWS)


def as_arrow(table, new):
    sink = pa.BufferOutputStream()
    with new(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=60)
    return sink.getvalue().to_pybytes()


def as_parquet(table, **options):
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **{"row_group_size": 60, **options})
    return sink.getvalue().to_pybytes()


def as_jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_csv(table):
    import pyarrow.csv as pacsv

    sink = pa.BufferOutputStream()
    pacsv.write_csv(table, sink)
    return sink.getvalue().to_pybytes()


def zstd(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


FILES = {
    "a.parquet": as_parquet(TABLE),
    "file.arrow": as_arrow(TABLE, pa.ipc.new_file),
    "stream.arrow": as_arrow(TABLE, pa.ipc.new_stream),
    "a.jsonl": as_jsonl(ROWS),
    "a.jsonl.gz": gzip.compress(as_jsonl(ROWS)),
    "a.csv": as_csv(TABLE),
    "a.csv.zst": zstd(as_csv(TABLE)),
}
EMPTY = {
    "a.parquet": as_parquet(TABLE.slice(0, 0)),
    "file.arrow": as_arrow(TABLE.slice(0, 0), pa.ipc.new_file),
    "stream.arrow": as_arrow(TABLE.slice(0, 0), pa.ipc.new_stream),
    "a.csv": b"n,x,s,b\n",
}
WHOLE_ONLY = {"stream.arrow", "a.jsonl.gz", "a.csv.zst"}


def put(folder, name, data):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    [ref] = discover([str(folder)])
    return path, ref


def rows_of(shard, chunks, *args, **kwargs):
    return [
        row
        for span in shard.spans
        for batch in read_span(shard, span, chunks, *args, **kwargs)
        for row in batch.to_pylist()
    ]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("span_bytes", [1, 700, 2**26])
def test_spans_in_order_give_every_record_once(tmp_path, name, span_bytes):
    _, ref = put(tmp_path, name, FILES[name])
    shard, chunks = survey(ref, span_bytes)
    assert schema_of(shard) == TABLE.schema
    assert shard.schema == (("n", "int64"), ("x", "double"), ("s", "string"), ("b", "bool"))
    first_row = 0
    for index, span in enumerate(shard.spans):
        assert (span.index, span.first_row) == (index, first_row)
        batches = list(read_span(shard, span, chunks))
        assert sum(batch.num_rows for batch in batches) == span.rows
        first_row += span.rows
    assert rows_of(shard, chunks) == ROWS
    assert (len(shard.spans) > 1) == (span_bytes < 2**26 and name not in WHOLE_ONLY)


@pytest.mark.parametrize("name", EMPTY)
def test_a_file_without_records_has_one_span_of_no_rows(tmp_path, name):
    _, ref = put(tmp_path, name, EMPTY[name])
    shard, chunks = survey(ref)
    assert [span.rows for span in shard.spans] == [0]
    assert rows_of(shard, chunks) == []
    assert [column for column, _ in shard.schema] == ["n", "x", "s", "b"]


@pytest.mark.parametrize("name", FILES)
def test_columns_come_as_asked_and_the_partition_last(tmp_path, name):
    _, ref = put(tmp_path, f"year=2024/gone=__HIVE_DEFAULT_PARTITION__/{name}", FILES[name])
    shard, chunks = survey(ref, 700)
    assert shard.schema[-2:] == (("year", "string"), ("gone", "string"))
    wanted = ["year", "s", "gone", "n"]
    expected = [{"year": "2024", "s": r["s"], "gone": None, "n": r["n"]} for r in ROWS]
    found = rows_of(shard, chunks, wanted)
    assert found == expected
    assert list(found[0]) == wanted
    assert rows_of(shard, chunks, ["year"]) == [{"year": "2024"}] * len(ROWS)
    nothing = [b for span in shard.spans for b in read_span(shard, span, chunks, [])]
    assert sum(batch.num_rows for batch in nothing) == len(ROWS)
    assert {batch.num_columns for batch in nothing} == {0}
    with pytest.raises(InputError, match="has no column 'z'; its columns are n, x, s, b, year"):
        next(read_span(shard, shard.spans[0], chunks, ["z"]))


@pytest.mark.parametrize("name", FILES)
def test_batches_keep_their_bounds(tmp_path, name):
    _, ref = put(tmp_path, name, FILES[name])
    shard, chunks = survey(ref)
    sizes = [b.num_rows for span in shard.spans for b in read_span(shard, span, chunks, None, 7)]
    assert max(sizes) <= 7
    for span in shard.spans:
        for batch in read_span(shard, span, chunks, batch_bytes=1000):
            assert batch.num_rows == 1 or batch.nbytes <= 1200
    assert rows_of(shard, chunks, batch_bytes=1000) == ROWS


@pytest.mark.parametrize("name", FILES)
def test_bytes_changed_after_the_survey_are_refused(tmp_path, name):
    path, ref = put(tmp_path, name, FILES[name])
    shard, chunks = survey(ref, 700)
    before = path.stat()
    for place in (20, len(FILES[name]) // 2, len(FILES[name]) - 1):
        changed = bytearray(FILES[name])
        changed[place] ^= 1
        path.write_bytes(changed)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_mtime_ns == before.st_mtime_ns
        for span in shard.spans:
            with pytest.raises(IntegrityError, match=f"^{name}: bytes changed while"):
                next(read_span(shard, span, chunks))
    path.write_bytes(FILES[name])
    assert rows_of(shard, chunks) == ROWS
    path.write_bytes(FILES[name] + b"\n")
    with pytest.raises(IntegrityError, match="recorded"):
        next(read_span(shard, shard.spans[0], chunks))


def test_records_before_a_changed_chunk_are_served_and_none_of_it(tmp_path):
    line = b'{"s":"' + b"x" * 1000 + b'"}\n'
    data = line * (3 * CHUNK_BYTES // len(line))
    path, ref = put(tmp_path, "a.jsonl", data)
    shard, chunks = survey(ref)
    changed = bytearray(data)
    place = 2 * CHUNK_BYTES + 5000
    changed[place] ^= 1
    path.write_bytes(changed)
    served = []
    with pytest.raises(IntegrityError):
        served.extend(b.num_rows for b in read_span(shard, shard.spans[0], chunks))
    assert 0 < sum(served) * len(line) <= 2 * CHUNK_BYTES


def test_a_file_that_grows_after_listing_is_refused(tmp_path):
    path, ref = put(tmp_path, "a.csv", b"a\n1\n")
    path.write_bytes(b"a\n1\n2\n")
    with pytest.raises(InputError, match="was 4 bytes when listed and 6 when read"):
        survey(ref)
    path.unlink()
    with pytest.raises(InputError, match=r"^a.csv: no such file"):
        survey(ref)


@pytest.mark.parametrize("name", FILES)
def test_remote_shards_read_as_local_ones(name):
    memory = fsspec.filesystem("memory")
    with memory.open(f"/reader/{name}/d/{name}", "wb") as file:
        file.write(FILES[name])
    [ref] = discover([f"memory://reader/{name}"])
    shard, chunks = survey(ref, 700)
    assert rows_of(shard, chunks) == ROWS
    changed = bytearray(FILES[name])
    changed[30] ^= 4
    with memory.open(f"/reader/{name}/d/{name}", "wb") as file:
        file.write(changed)
    with pytest.raises(IntegrityError):
        rows_of(shard, chunks)


def test_a_pickle_is_named_and_never_run(tmp_path):
    fired = tmp_path / "fired"

    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(fired),))

    for name in ("a.parquet", "a.arrow", "a.csv", "a.jsonl", "a.csv.gz", "a.jsonl.zst"):
        folder = tmp_path / name.replace(".", "-")
        _, ref = put(folder, name, pickle.dumps(Bomb()))
        with pytest.raises(InputError, match="a Python pickle"):
            survey(ref)
    assert not fired.exists()


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"


@pytest.mark.parametrize(
    ("name", "data", "cause"),
    [
        ("a.csv", PNG, "is not text but a PNG image"),
        ("a.jsonl", PNG, "is not text but a PNG image"),
        ("a.parquet", PNG, "is not Parquet but a PNG image"),
        ("a.arrow", FILES["a.parquet"], "is not Arrow but Parquet"),
        ("a.parquet", FILES["a.csv"], "is not Parquet"),
        ("a.arrow", FILES["a.csv"], "cannot be decoded"),
        ("a.csv", FILES["a.csv.zst"], "is not text but zstd"),
        ("a.csv.gz", FILES["a.csv"], "is not gzip but something else"),
        ("a.csv.gz", FILES["a.csv.zst"], "is not gzip but zstd"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a.parquet", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        ("a.parquet", FILES["a.parquet"][:-1], "cut short"),
        ("a.parquet", b"PAR1", "cut short"),
        ("a.parquet", b"PAR1" + b"x" * 60 + b"\xff\xff\xff\x7fPAR1", "cannot be decoded"),
        ("file.arrow", FILES["file.arrow"][:-1], "cut short"),
        ("file.arrow", FILES["file.arrow"][:500], "cut short"),
        ("stream.arrow", FILES["stream.arrow"][:-8], "no end mark"),
        ("stream.arrow", FILES["stream.arrow"][:-100], "cannot be decoded"),
        ("stream.arrow", FILES["stream.arrow"] * 2, "the stream ends at byte"),
        ("a.feather", b"FEA1" + b"\0" * 40, "Feather version 1"),
        ("a.jsonl.gz", FILES["a.jsonl.gz"][:-20], "ends in the middle"),
        ("a.jsonl.gz", FILES["a.jsonl.gz"] + b"junk", "cannot be decoded"),
        ("a.csv.zst", FILES["a.csv.zst"][:-20], "cannot be decoded"),
        ("a.csv.zst", FILES["a.csv.zst"] + b"junkjunk", "cannot be decoded"),
        *[(name, b"", "empty") for name in FILES],
    ],
)
def test_what_cannot_be_read_gives_one_plain_line(tmp_path, name, data, cause):
    _, ref = put(tmp_path, name, data)
    with pytest.raises(InputError, match=cause) as caught:
        survey(ref)
    line = str(caught.value)
    assert line.startswith(f"{name}: ")
    assert line.isprintable()
    assert len(line) < 300
    assert caught.value.mend


@pytest.mark.parametrize("name", ["a.parquet", "file.arrow", "stream.arrow"])
def test_a_flipped_byte_anywhere_gives_records_or_one_line_and_no_crash(tmp_path, name):
    data = FILES[name]
    for place in range(4, len(data), max(len(data) // 150, 1)):
        changed = bytearray(data)
        changed[place] ^= 0xFF
        _, ref = put(tmp_path, name, changed)
        with contextlib.suppress(ProvenderError):  # what else is raised fails the test
            rows_of(*survey(ref))


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_a_column_named_twice_is_refused(tmp_path, name):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    data = as_parquet(table) if name == "a.parquet" else as_arrow(table, pa.ipc.new_file)
    _, ref = put(tmp_path, name, data)
    with pytest.raises(InputError, match="has the column 'a' 2 times"):
        survey(ref)


def test_a_partition_column_that_the_file_has_too_is_refused(tmp_path):
    _, ref = put(tmp_path, "n=3/a.parquet", FILES["a.parquet"])
    with pytest.raises(InputError, match="'n' stands in the file and in the folder's name"):
        survey(ref)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_strings_that_are_not_utf8_are_refused(tmp_path, name):
    bad = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")]
    )
    table = pa.table({"s": bad})
    data = as_parquet(table) if name == "a.parquet" else as_arrow(table, pa.ipc.new_file)
    _, ref = put(tmp_path, name, data)
    shard, chunks = survey(ref)
    with pytest.raises(InputError, match=r"cannot be decoded .*UTF8"):
        rows_of(shard, chunks)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_a_column_name_that_is_not_utf8_is_refused(tmp_path, name):
    table = pa.table({"wxyz": [1]})
    data = as_parquet(table, store_schema=False) if name == "a.parquet" else as_arrow(
        table, pa.ipc.new_file
    )  # fmt: skip
    _, ref = put(tmp_path, name, data.replace(b"wxyz", b"w\xffyz"))
    with pytest.raises(InputError, match="cannot be decoded"):
        survey(ref)


def test_a_piece_that_gives_other_than_its_rows_is_an_error(tmp_path):
    _, ref = put(tmp_path, "a.jsonl", FILES["a.jsonl"])
    shard, chunks = survey(ref)
    short = Span(0, 0, shard.spans[0].stop, 0, 199)
    with pytest.raises(InputError, match="gave 200 records where 199 were surveyed"):
        list(read_span(shard, short, chunks))


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.jsonl", "a.arrow"])
def test_ten_thousand_columns_work(tmp_path, name):
    row = {f"c{i}": i for i in range(10_000)}
    table = pa.Table.from_pylist([row])
    data = {
        "a.parquet": lambda: as_parquet(table),
        "a.csv": lambda: as_csv(table),
        "a.jsonl": lambda: as_jsonl([row]),
        "a.arrow": lambda: as_arrow(table, pa.ipc.new_file),
    }[name]()
    _, ref = put(tmp_path, name, data)
    assert rows_of(*survey(ref)) == [row]


def test_the_survey_of_the_same_bytes_is_the_same(tmp_path):
    for name, data in FILES.items():
        _, ref = put(tmp_path / name, name, data)
        assert survey(ref, 700) == survey(ref, 700)
