import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.errors import InputError
from provender.io import text
from provender.io.chunks import VerifiedFile, hash_stream
from provender.io.csv import batches, inspect
from provender.io.formats import Limits, Source


def source(data):
    import io

    digests = hash_stream(io.BytesIO(data))
    return Source("a.csv", VerifiedFile(io.BytesIO(data), len(data), digests.chunks, "a.csv"))


def read(data, span_bytes=2**26):
    """Return (schema, rows) of CSV bytes, read span by span."""
    opened = source(data)
    schema, spans = inspect(opened, span_bytes)
    rows = []
    for span in spans:
        found = [
            row
            for batch in batches(opened, span, schema, schema.names, Limits())
            for row in batch.to_pylist()
        ]
        assert (span.first_row, span.rows) == (len(rows), len(found))
        rows += found
    return schema, rows


def column(*values):
    """Return (type, values) of a CSV column beside one that makes no line blank."""
    schema, rows = read(("k,v\n" + "".join(f"k,{value}\n" for value in values)).encode())
    return str(schema.field("v").type), [row["v"] for row in rows]


def test_namibia_is_not_null():
    assert column("NA", "DE", "", '""', "null") == ("string", ["NA", "DE", None, "", "null"])
    assert column("NA", "NA") == ("string", ["NA", "NA"])


def test_number_and_bool_columns_know_the_usual_words_for_missing():
    assert column("1", "NA", "", '""', "null") == ("int64", [1, None, None, None, None])
    assert column("0.5", "N/A", "2") == ("double", [0.5, None, 2.0])
    assert column("true", "False", "NA") == ("bool", [True, False, None])
    assert column("", "") == ("null", [None, None])


@pytest.mark.parametrize(
    "values",
    [
        ["007", "10"],
        ["-07", "1"],
        ["0x1F", "2"],
        ["00.5", "1"],
        ["12345678901234567890", "1"],
        ["9007199254740993", "0.5"],
        ["0.5", "-9007199254740993"],
        ["true", "1"],
        ["2024-01-01", "2024-01-02"],
        ["12:30", "13:00"],
        [" 1", "2"],
        ["1_000", "2"],
    ],
)
def test_a_value_that_a_number_or_date_would_change_stays_a_string(values):
    assert column(*values) == ("string", values)
    assert column(*reversed(values)) == ("string", values[::-1])


def test_numbers_are_numbers():
    assert column("0", "-1", "9223372036854775807") == ("int64", [0, -1, 2**63 - 1])
    assert column("0.5", "-0.25", "1e300", "3") == ("double", [0.5, -0.25, 1e300, 3.0])
    kind, values = column("nan", "inf", "1")
    assert kind == "double"
    assert values[1:] == [float("inf"), 1.0]


FIELD = st.none() | st.text(
    st.sampled_from('ab1.0",\n\r é😀')
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    max_size=8,
)


def encode(field):
    if field is None:
        return ""
    if field == "" or any(character in field for character in '",\r\n'):
        return '"' + field.replace('"', '""') + '"'
    return field


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(FIELD, FIELD), max_size=12),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    blank=st.booleans(),
    bom=st.booleans(),
    span_bytes=st.integers(1, 90),
)
def test_any_spans_give_the_records_that_were_written(rows, end, last, blank, bom, span_bytes):
    lines = ["k,a,b", *(f"k,{encode(a)},{encode(b)}" for a, b in rows)]
    written = (end * (1 + blank)).join(lines) + (end if last else "")
    data = (b"\xef\xbb\xbf" if bom else b"") + written.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_LEAST_BLOCK_BYTES", 4)
        split = read(data, span_bytes)
        assert split == read(data)
    schema, found = split
    assert len(found) == len(rows)
    for name, place in (("a", 0), ("b", 1)):
        if schema.field(name).type == pa.string():
            assert [row[name] for row in found] == [row[place] for row in rows]


@settings(max_examples=300, deadline=None)
@given(
    body=st.text(st.sampled_from('a,"\n\r'), max_size=30),
    size=st.integers(1, 40),
)
def test_any_text_reads_the_same_in_any_spans_or_is_refused_in_all(body, size):
    def outcome(span_bytes):
        try:
            return read(b"x,y\n" + body.encode(), span_bytes)[1]
        except InputError:
            return "refused"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_LEAST_BLOCK_BYTES", 4)
        assert outcome(size) == outcome(2**26)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"a,b\n1,2\n3\n", "record 2 has 1 field, the header 2"),
        (b"a,b\n1,2\n\n3,4,5\n", "record 2 has 3 fields, the header 2"),
        (b'a,b\n1,2\n1,"x\n', "the quote opened in line 3 is never closed"),
        (b'a,b\n1,5" pipe\n', "line 2 has a quote inside a field"),
        (b'a,b\n"x" ,1\n', "line 2 has a quote inside a field"),
        (b'a,b\n"x\\"y",1\n', "line 2 has a quote inside a field"),
        (b"a,b\r1,2\r", "line 1 has a carriage return without a line feed"),
        (b"a,a\n1,2\n", "names the column 'a' twice"),
        (b"\na,b\n", "no header in its first line"),
        (b"a,b\n1,\xff\n", r"is not UTF-8 at byte 6 \(line 2\)"),
        (b"a,b\n1,\0\n", "byte 6 is NUL"),
        (b"\xef\xbb\xbf", "is an empty file"),
    ],
)
@pytest.mark.parametrize("span_bytes", [1, 2**26])
def test_what_is_not_rfc_4180_is_refused_with_its_place(data, cause, span_bytes):
    with pytest.raises(InputError, match=cause):
        read(data, span_bytes)


def test_a_header_may_be_quoted_and_run_over_lines():
    schema, rows = read(b'"a,1","b\n""2"""\n1,2\n')
    assert schema.names == ["a,1", 'b\n"2"']
    assert rows == [{"a,1": 1, 'b\n"2"': 2}]
    assert read(b"a,b")[1] == []


def test_a_type_holds_for_the_whole_file_however_late_it_shows():
    late = b"v\n" + b"1\n" * 2000 + b"x\n"
    for span_bytes in (100, 2**26):
        schema, rows = read(late, span_bytes)
        assert schema.field("v").type == pa.string()
        assert [rows[0], rows[-1]] == [{"v": "1"}, {"v": "x"}]


def test_a_record_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(text, "RECORD_BYTES", 10_000)
    assert len(read(b'a\n"' + b"x\n" * 4000 + b'"\n', 100)[1]) == 1
    with pytest.raises(InputError, match="the record at line 2 is longer than"):
        read(b'a\n"' + b"x\n" * 8000 + b'"\n', 100)
