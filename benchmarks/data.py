"""Large Parquet made from a real table by repetition with changed values, the same every time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SHARD_BYTES = 64 * 2**20
_GROUP_ROWS = 65_536
_CONTRIBUTORS = 12
#: Numeric columns with fewer distinct values are codes (a month, say) and stay as they are.
_MEASURED = 60
_JITTER = 0.05
_MARKER = "complete.json"
_SAMPLES = Path(__file__).parents[1] / "data_samples" / "clean" / "adult"


def real_table(data: Path, name: str = "flights") -> tuple[str, pa.Table]:
    """Return (name, table) of a table in ``data``, or of the bundled Adult sample without it.

    The table has a column ``label``. Flights are whole numbers and codes, some 22 bytes a record
    as Parquet; weather is measurements, some 70 bytes once they are changed. The bundled sample
    has 8,000 rows only: it does to try the benchmarks out, but many repetitions of it do hold
    equal records.
    """
    flights = data / "nycflights13_flights.parquet"
    weather = data / "nycflights13_weather.parquet"
    if name == "weather" and weather.exists():
        table = pq.read_table(weather).replace_schema_metadata(None)
        wet = pc.if_else(pc.greater(table["precip"], 0.0), "wet", "dry")
        return "weather", table.append_column("label", pc.fill_null(wet, "unknown"))
    if flights.exists():
        table = pq.read_table(flights).replace_schema_metadata(None)
        late = pc.if_else(pc.greater(table["arr_delay"], 15.0), "late", "on time")
        return "flights", table.append_column("label", pc.fill_null(late, "never arrived"))
    table = pq.read_table(sorted(_SAMPLES.glob("*.parquet"))).replace_schema_metadata(None)
    return "adult", table.drop_columns(["source"]).rename_columns({"income": "label"})


def big_parquet(
    folder: Path,
    total_bytes: float,
    data: Path,
    shard_bytes: int = SHARD_BYTES,
    table_name: str = "flights",
) -> Path:
    """Return a folder under ``folder`` with about ``total_bytes`` of stored Parquet.

    Rows of the real table are drawn in shuffled order, again and again; measured numbers get
    Gaussian jitter of 5 % of the column's standard deviation (zeros and nulls stay, whole numbers
    stay whole), and each row gets one of 12 contributors as ``source``. Memory is bounded by one
    row group beside the real table. A complete folder is used again.
    """
    name, table = real_table(data, table_name)
    shards = max(round(total_bytes / shard_bytes), 1)
    place = folder / f"{name}-{shards}x{shard_bytes}"
    marker = folder / f"{place.name}.{_MARKER}"
    if marker.exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    sizes = []
    for number in range(shards):
        path = place / f"part-{number:04d}.parquet"
        _write_shard(path, table, shard_bytes, np.random.default_rng([20261123, number]))
        sizes.append(path.stat().st_size)
    marker.write_text(json.dumps({"shards": shards, "bytes": sum(sizes)}))
    return place


def write_small(
    path: Path, table: pa.Table, rows: int, random: np.random.Generator, source: bool = True
) -> None:
    """Write ``rows`` records of a real table with changed values, all of one contributor."""
    picked = table.take(pa.array(random.integers(0, table.num_rows, rows)))
    for name in table.column_names:
        if _is_measured(table[name]):
            place = picked.column_names.index(name)
            jittered = _jittered(picked[name].combine_chunks(), _spread(table[name]), random)
            picked = picked.set_column(place, table.schema.field(name), jittered)
    if source:
        name = f"contributor-{random.integers(0, _CONTRIBUTORS):02d}"
        picked = picked.append_column("source", pa.repeat(pa.scalar(name), rows))
    pq.write_table(picked, path)


def stored_bytes(folder: Path) -> int:
    """Return the bytes of all shards in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


def rows_of(folder: Path) -> int:
    """Return the records of all shards in a folder."""
    return sum(pq.read_metadata(path).num_rows for path in folder.iterdir())


def _write_shard(
    path: Path, table: pa.Table, shard_bytes: int, random: np.random.Generator
) -> None:
    changed = {n: _spread(table[n]) for n in table.column_names if _is_measured(table[n])}
    names = pa.array([f"contributor-{i:02d}" for i in range(_CONTRIBUTORS)])
    schema = table.schema.append(pa.field("source", pa.string()))
    with path.open("wb") as sink, pq.ParquetWriter(sink, schema) as writer:
        for rows in _shuffled(table.num_rows, random):
            group = table.take(pa.array(rows))
            for name, spread in changed.items():
                place = group.column_names.index(name)
                jittered = _jittered(group[name].combine_chunks(), spread, random)
                group = group.set_column(place, table.schema.field(name), jittered)
            source = names.take(pa.array(random.integers(0, _CONTRIBUTORS, len(rows))))
            writer.write_table(group.append_column(schema.field("source"), source))
            if sink.tell() >= shard_bytes:
                return


def _shuffled(rows: int, random: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield row numbers, group by group: every row once before any comes again."""
    while True:
        order = random.permutation(rows)
        for start in range(0, rows, _GROUP_ROWS):
            yield order[start : start + _GROUP_ROWS]


def _is_measured(column: pa.ChunkedArray) -> bool:
    number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    return bool(number and pc.count_distinct(column).as_py() >= _MEASURED)


def _spread(column: pa.ChunkedArray) -> float:
    return _JITTER * float(pc.stddev(column).as_py())


def _jittered(array: pa.Array, spread: float, random: np.random.Generator) -> pa.Array:
    values = pc.fill_null(pc.cast(array, pa.float64()), 0.0).to_numpy()
    noise = random.normal(0.0, spread, len(values))
    if np.array_equal(values, np.rint(values)):
        noise = np.rint(noise)
    changed = np.where(values == 0, 0.0, values + noise)
    changed = np.where(np.sign(changed) == np.sign(values), changed, values)
    mask = np.asarray(array.is_null())
    return pa.array(changed, mask=mask).cast(array.type)
