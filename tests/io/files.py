"""The same two hundred rows in a file of every format, and how a test reads them."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq

from provender.io.discover import discover
from provender.io.reader import read_span

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
