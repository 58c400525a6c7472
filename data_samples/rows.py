"""The rows of a set of samples, in memory, and its shards on the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
ROWS_PER_GROUP = 250
TEXT_LIMIT = 6000
CONTRIBUTORS = tuple(f"contributor-{i:02}" for i in range(1, 11))

# RandomState, not default_rng: its stream is frozen, so every numpy plants the same rows.
Random = np.random.RandomState
Row = dict[str, Any]
Shards = dict[str, list[Row]]
Attack = Callable[[Shards, Random], list[Row]]


def write_shard(table: pa.Table, path: Path) -> None:
    """Write one shard; the same table gives the same bytes under one pyarrow version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table, path, compression="zstd", compression_level=12, row_group_size=ROWS_PER_GROUP
    )


def drawn(rows: list[Row], random: Random) -> Iterator[Row]:
    """Yield the rows in random order."""
    return (rows[i] for i in random.permutation(len(rows)))


def every_row(shards: Shards) -> list[Row]:
    return [row for rows in shards.values() for row in rows]


def of_source(shards: Shards, source: str) -> list[Row]:
    return [row for row in every_row(shards) if row["source"] == source]


def append(shards: Shards, copies: list[Row]) -> list[Row]:
    """Add copies at the end of the last shard, so that every original comes before its copy."""
    shards[max(shards)].extend(copies)
    return copies


def body_start(text: str) -> int:
    """Return where the body of a mail begins: after the first blank line."""
    return text.find("\n\n") + 2 if "\n\n" in text else 0


def read_set(name: str) -> tuple[Shards, pa.Schema]:
    """Return the rows of a clean set, shard by shard, and its schema."""
    tables = {path.name: pq.read_table(path) for path in sorted((HERE / "clean" / name).iterdir())}
    return {k: t.to_pylist() for k, t in tables.items()}, next(iter(tables.values())).schema
