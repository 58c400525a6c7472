"""Records have one identity, whatever file they are written to; other records have another."""

import json

import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provender.identity.analysis import IdentityAnalysis
from provender.io.discover import discover
from provender.io.reader import read_span, survey

IDENTITY = IdentityAnalysis()
FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
CELLS = {
    "n": st.integers(-100, 100),
    "x": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "t": TEXT,
    "b": st.booleans(),
}
TYPES = {"n": pa.int64(), "x": pa.float64(), "t": pa.string(), "b": pa.bool_()}
WIDTHS = {
    "n": [pa.int8(), pa.int16(), pa.int32(), pa.int64()],
    "x": [pa.float32(), pa.float64()],
    "t": [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())],
    "b": [pa.bool_()],
}
ROWS = st.lists(st.fixed_dictionaries({k: st.none() | v for k, v in CELLS.items()}), min_size=1)


def identity(path):
    """(row root, multiset digest) of the file, read as any shard is."""
    (ref,) = discover([str(path)])
    shard, chunks = survey(ref, span_bytes=200)
    state = IDENTITY.empty()
    for span in shard.spans:
        piece = IDENTITY.empty(span.first_row)
        for batch in read_span(shard, span, chunks, batch_rows=3):
            piece = IDENTITY.add(piece, batch)
        state = IDENTITY.merge([state, piece])
    return state.tree.root().hex(), state.multiset.digest()


def table(rows):
    return pa.table({k: pa.array([r[k] for r in rows], t) for k, t in TYPES.items()})


def parquet(draw, whole, folder):
    path = folder / "a.parquet"
    pq.write_table(
        whole,
        path,
        compression=draw(st.sampled_from(["none", "snappy", "gzip", "zstd", "lz4", "brotli"])),
        row_group_size=draw(st.integers(1, 7)),
        use_dictionary=draw(st.booleans()),
        data_page_version=draw(st.sampled_from(["1.0", "2.0"])),
        store_schema=draw(st.booleans()),
    )
    return path


def arrow(draw, whole, folder):
    path = folder / draw(st.sampled_from(["a.arrow", "a.arrows"]))
    new = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
    codec = draw(st.sampled_from([None, "lz4", "zstd"]))
    with new(path, whole.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(whole.unify_dictionaries(), max_chunksize=draw(st.integers(1, 7)))
    return path


@given(ROWS, st.data())
@FEW
def test_parquet_and_arrow_keep_the_identity_whatever_their_encoding(tmp_path, rows, data):
    plain = tmp_path / "plain.parquet"
    pq.write_table(table(rows), plain)
    types = {k: data.draw(st.sampled_from(v)) for k, v in WIDTHS.items()}
    names = data.draw(st.permutations(list(TYPES)))
    other = pa.table({k: table(rows)[k].cast(types[k]) for k in names})
    write = data.draw(st.sampled_from([parquet, arrow]))
    assert identity(write(data.draw, other, tmp_path)) == identity(plain)


@given(ROWS, st.data())
@FEW
def test_json_lines_keep_the_identity_and_may_leave_nulls_out(tmp_path, rows, data):
    # A column that a text file shows no value of has no type, and no effect.
    pq.write_table(table(rows), tmp_path / "plain.parquet")
    sparse = data.draw(st.booleans())
    lines = [json.dumps({k: v for k, v in r.items() if not (sparse and v is None)}) for r in rows]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    assert identity(path) == identity(tmp_path / "plain.parquet")


@given(st.lists(st.fixed_dictionaries({"n": CELLS["n"], "x": CELLS["x"], "t": st.none() | TEXT})))
@FEW
def test_csv_keeps_integers_numbers_and_texts(tmp_path, rows):
    # The first row says of each column what it is: CSV has no types of its own.
    rows = [{"n": 1, "x": 0.5, "t": "word"}, *rows]
    whole = table([{**r, "b": None} for r in rows]).drop_columns("b")
    pq.write_table(whole, tmp_path / "plain.parquet")
    path = tmp_path / "a.csv"
    pc_csv.write_csv(whole, path, pc_csv.WriteOptions(quoting_style="needed"))
    assert identity(path) == identity(tmp_path / "plain.parquet")


@given(ROWS, st.data())
@FEW
def test_any_other_cell_gives_another_identity(tmp_path, rows, data):
    row, name = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.sampled_from(list(CELLS)))
    value = data.draw(st.none() | CELLS[name])
    edited = [dict(r) for r in rows]
    edited[row][name] = value
    # repr tells -0.0 from 0.0, as the encoding does.
    same = repr(table(rows).to_pylist()) == repr(table(edited).to_pylist())
    pq.write_table(table(rows), tmp_path / "a.parquet")
    pq.write_table(table(edited), tmp_path / "b.parquet")
    one, other = identity(tmp_path / "a.parquet"), identity(tmp_path / "b.parquet")
    assert [a == b for a, b in zip(one, other, strict=True)] == [same, same]


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.rename_columns(["n", "x", "b", "t"]),
        lambda t: t.set_column(0, "n", t["n"].cast(pa.float64())),
        lambda t: t.set_column(0, "n", t["n"].cast(pa.string())),
        lambda t: t.set_column(2, "t", t["t"].cast(pa.binary())),
        lambda t: t.take([0, 0, 1]),
        lambda t: t.slice(1),
        lambda t: t.append_column("new", pa.array([0] * t.num_rows)),
    ],
    ids=["names swapped", "int as float", "int as text", "text as bytes", "copy", "row", "column"],
)
def test_the_same_cells_under_another_meaning_are_other_records(tmp_path, change):
    whole = table(
        [{"n": 1, "x": 0.5, "t": "a", "b": True}, {"n": 2, "x": 1.5, "t": "b", "b": None}]
    )
    pq.write_table(whole, tmp_path / "a.parquet")
    pq.write_table(change(whole), tmp_path / "b.parquet")
    one, other = identity(tmp_path / "a.parquet"), identity(tmp_path / "b.parquet")
    assert one[0] != other[0]
    assert one[1] != other[1]
