"""What cannot be read gives one plain line, whatever the format."""

import contextlib
import os
import pickle

import pyarrow as pa
import pytest

from provender.core.shard import Span
from provender.errors import InputError, ProvenderError
from provender.io.reader import read_span, survey
from tests.io.files import (
    FILES,
    as_arrow,
    as_parquet,
    put,
    rows_of,
)

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"


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
