import gzip
import io
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.errors import InputError
from provender.io import text
from provender.io.chunks import VerifiedFile, hash_stream
from provender.io.formats import Limits, Source
from provender.io.jsonl import batches, inspect


def read(data, span_bytes=2**26, compression=None):
    """Return (schema, rows) of JSON Lines bytes, read span by span."""
    digests = hash_stream(io.BytesIO(data))
    file = VerifiedFile(io.BytesIO(data), len(data), digests.chunks, "a.jsonl")
    source = Source("a.jsonl", file, compression)
    schema, spans = inspect(source, span_bytes)
    rows = []
    for span in spans:
        found = [
            row
            for batch in batches(source, span, schema, schema.names, Limits())
            for row in batch.to_pylist()
        ]
        assert (span.first_row, span.rows) == (len(rows), len(found))
        rows += found
    return schema, rows


VALUES = {
    "i": st.integers(-(2**63), 2**63 - 1),
    "f": st.floats(allow_nan=False, allow_infinity=False),
    "s": st.text(max_size=6) | st.just("2024-01-01") | st.just("2024-01-01T10:00:00"),
    "b": st.booleans(),
    "l": st.lists(st.none() | st.integers(-5, 5), max_size=3),
    "o": st.fixed_dictionaries({}, optional={"p": st.text(max_size=3), "q": st.booleans()}),
}


def filled(value, type_):
    """Return what JSON's ``value`` is in a column: missing keys null, integers as floats."""
    if value is None:
        return None
    if pa.types.is_struct(type_):
        return {f.name: filled(value.get(f.name), f.type) for f in type_}
    return float(value) if pa.types.is_floating(type_) else value


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {}, optional={key: st.none() | value for key, value in VALUES.items()}
        ),
        min_size=1,
        max_size=12,
    ),
    end=st.sampled_from(["\n", "\r\n", "\n\n", "\n \t\n"]),
    last=st.booleans(),
    bom=st.booleans(),
    ascii_=st.booleans(),
    span_bytes=st.integers(1, 200),
)
def test_any_spans_give_the_objects_that_were_written(rows, end, last, bom, ascii_, span_bytes):
    lines = [json.dumps(row, ensure_ascii=ascii_) for row in rows]
    data = (b"\xef\xbb\xbf" if bom else b"") + (end.join(lines) + end * last).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_LEAST_BLOCK_BYTES", 4)
        split = read(data, span_bytes)
        assert split == read(data)
    schema, found = split
    assert schema.names == list(dict.fromkeys(key for row in rows for key in row))
    assert found == [filled(row, pa.struct(list(schema))) for row in rows]


def test_types_hold_for_the_whole_file():
    rows = [{"n": 1, "s": "2024-01-01"}] * 50 + [{"n": None}] * 50 + [{"n": 2.5, "s": "x"}]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    for span_bytes in (64, 2**26):
        schema, found = read(data, span_bytes)
        assert schema == pa.schema([("n", pa.float64()), ("s", pa.string())])
        assert [found[0], found[50], found[-1]] == [
            {"n": 1.0, "s": "2024-01-01"},
            {"n": None, "s": None},
            {"n": 2.5, "s": "x"},
        ]


def test_objects_without_keys_count():
    assert read(b"{}\n{}\n") == (pa.schema([]), [{}, {}])


@pytest.mark.parametrize("span_bytes", [1, 2**26])
@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        (b'{"a":"x"}', "line 61 .*string.*"),
        (b'{"a":{"b":1}}', "line 61 "),
        (b'{"a":[1]}', "line 61 "),
        (b'{"a":1', "line 61 is not valid"),
        (b'{"a":1},', "line 61 is not"),
        (b'{"a":1}{"a":2}', "line 61 is not one JSON object on one line"),
        (b'{\n"a":1}', "line 6[12] is not"),
        (b"[1]", "line 61 is not valid"),
        (b"17", "line 61 is not valid"),
        (b'{"a":1,"a":2}', "line 61 is not valid here .*twice"),
        (b'{"a":12345678901234567890}', "line 61 has the integer 12345678901234567890"),
        (b'{"a":-9223372036854775809}', "line 61 has the integer -9223372036854775809"),
        (b'{"a":1' + b"0" * 5000 + b"}", "line 61 has the integer 1000"),
        (b'{"c":' + b"[" * 150 + b"]" * 150 + b"}", "line 61 is nested more than 100 deep"),
        (b'{"a":"\xff"}', r"is not UTF-8 at byte \d+ \(line 61\)"),
    ],
)
def test_a_bad_line_is_named(bad, cause, span_bytes):
    data = b'{"a":1}\n' * 30 + b'\n{"a":null}\n' * 15 + bad + b"\n" + b'{"a":3}\n' * 10
    with pytest.raises(InputError, match=cause) as caught:
        read(data, span_bytes)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "line",
    [
        b'{"s":"' + b"[{" * 300 + b'"}',
        b'{"s":"\\"[[' + b"[" * 300 + b'"}',
        b'{"m":[' + b",".join([b"[1]"] * 300) + b"]}",
        b'{"f":1.5,"s":"x,12345678901234567890,","i":9223372036854775807}',
    ],
)
def test_what_only_looks_deep_or_wide_is_read(line):
    assert read(line + b"\n")[1] == [json.loads(line)]


@pytest.mark.parametrize("kind", ["[", '{"a":'])
def test_a_hundred_thousand_levels_are_refused_and_do_not_crash(kind):
    with pytest.raises(InputError, match="nested more than 100 deep"):
        read(b'{"a":' + kind.encode() * 100_000)


@pytest.mark.parametrize("data", [b"", b"\n\n", b" \r\n", b"\xef\xbb\xbf"])
def test_a_file_without_objects_is_empty(data):
    with pytest.raises(InputError, match="is an empty file"):
        read(data)


def test_one_endless_line_is_refused_without_being_read_whole(monkeypatch):
    monkeypatch.setattr(text, "RECORD_BYTES", 2**20)
    monkeypatch.setattr(text, "BLOCK_BYTES", 2**16)
    bomb = gzip.compress(b'{"a":"' + b"x" * 2**26 + b'"}\n')
    given_out = 0
    plain = gzip.GzipFile.read

    def counted(self, size=-1):
        nonlocal given_out
        data = plain(self, size)
        given_out += len(data)
        return data

    monkeypatch.setattr(gzip.GzipFile, "read", counted)
    with pytest.raises(InputError, match="the record at line 1 is longer than 1 MiB"):
        read(bomb, 2**16, "gzip")
    assert given_out < 2**21
