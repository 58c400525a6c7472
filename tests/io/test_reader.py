"""What holds for every format: spans, columns, partitions, bounds of batches."""

import pyarrow as pa
import pytest

from provender.errors import InputError
from provender.io.reader import read_span, schema_of, survey
from tests.io.files import (
    EMPTY,
    FILES,
    ROWS,
    TABLE,
    WHOLE_ONLY,
    as_arrow,
    as_csv,
    as_jsonl,
    as_parquet,
    put,
    rows_of,
)


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
