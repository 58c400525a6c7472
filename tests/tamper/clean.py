"""Clean data, small but of every format, that all cases start from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BIG, ONE, TWO, THREE, NONE = (
    "train/big.parquet",
    "train/one.jsonl",
    "test/two.jsonl",
    "train/three.arrow",
    "train/none.parquet",
)
#: Records of `BIG` and of each of its row groups; it has two chunks of 4 MiB.
ROWS, GROUP = 240_000, 40_000
LINES = 500
_SCHEMA = pa.schema([("n", pa.int64()), ("m", pa.int64()), ("text", pa.string())])


def table(first: int, rows: int) -> pa.Table:
    """Records numbered from ``first``."""
    numbers = np.arange(first, first + rows)
    text = pa.array([f"mail {n:07}" for n in numbers])
    return pa.table([pa.array(numbers), pa.array(numbers * 7), text], schema=_SCHEMA)


def write_clean(data: Path, rows: int = ROWS) -> None:
    """Write two Parquet shards, one of them without records, two of JSON Lines and an Arrow one.

    Args:
        rows: of `BIG`.
    """
    for folder in ("train", "test"):
        (data / folder).mkdir(parents=True)
    plain = {"compression": "none", "use_dictionary": False, "row_group_size": GROUP}
    pq.write_table(table(10**6, rows), data / BIG, **plain)
    pq.write_table(table(0, 0), data / NONE)
    for name, first in ((ONE, 1000), (TWO, 5000)):
        lines = map(json.dumps, table(first, LINES).to_pylist())
        (data / name).write_text("".join(f"{line}\n" for line in lines))
    write_arrow(data / THREE, table(9000, 100))


def write_arrow(path: Path, content: pa.Table) -> None:
    with pa.ipc.new_file(path, content.schema) as file:
        file.write_table(content)
