"""A copy of the data as numbered Parquet shards, and copies of that with poison in them.

Shards that hold no planted row are links to the copy's, so that what is known of them is known.
Memory is bounded by a batch and by the pool of rows that attacks may change.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from provender.attacks.registry import attack
from provender.core.shard import Roles
from provender.errors import InputError
from provender.io.states import StateStore
from provender.stats.census import as_text
from provender.work.analyse import read_batches
from provender.work.conversations import laid_out, view
from provender.work.dataset import DataSet
from provender.work.redteam.trial import HALF, Trial
from provender.work.task import TaskRef, load_task

#: Rows that attacks may change: all of smaller data, else a random draw.
POOL_ROWS = 20_000
_POOL_SEED = 20_250_601
_BATCH_ROWS = 16_384


@dataclass(frozen=True)
class Base:
    """The copy that trials start from.

    Attributes:
        folder: holds ``shards/`` and ``pool.parquet``.
        starts: each shard's first row in the data set, and behind them the number of rows.
        pool: int64, the rows of the data set in the pool, ascending.
    """

    folder: Path
    roles: Roles
    starts: tuple[int, ...]
    pool: np.ndarray


@dataclass(frozen=True)
class Truth:
    """What was planted where.

    Attributes:
        rows: int64, rows of the copy, ascending.
        contributor: ('source' or 'annotator', the one that all of them have); None where they kept
            their own.
    """

    rows: np.ndarray
    trigger: str = ""
    target: str = ""
    contributor: tuple[str, str] | None = None


def lay_base(data: DataSet, store: StateStore, folder: Path) -> Base:
    """Write the copy: every shard with the columns and types of the whole data set."""
    starts = (*data.starts().tolist(), data.rows)
    random = np.random.default_rng(_POOL_SEED)
    pool = np.sort(random.choice(data.rows, min(POOL_ROWS, data.rows), replace=False))
    shards = folder / "shards"
    shards.mkdir(parents=True)
    refs: dict[int, list[TaskRef]] = {}
    for ref in data.tasks(store):
        refs.setdefault(ref[4], []).append(ref)
    # What is made of conversations is stored here, so that something can be planted in it.
    schema = laid_out(data.view, data.roles.given().values())
    with pq.ParquetWriter(folder / "pool.parquet", schema, compression="zstd") as drawn:
        for number, pieces in refs.items():
            row = starts[number]
            with pq.ParquetWriter(_shard(shards, number), schema, compression="zstd") as writer:
                for batch in _batches(pieces, data.view, store):
                    batch = batch.select(schema.names)
                    writer.write_batch(batch)
                    low, high = np.searchsorted(pool, [row, row + batch.num_rows])
                    if high > low:
                        drawn.write_batch(batch.take(pa.array(pool[low:high] - row)))
                    row += batch.num_rows
    return Base(folder, data.roles, starts, pool)


def lay_copy(base: Base, trial: Trial, folder: Path) -> Truth:
    """Write the shards of a trial; return what was planted in them.

    Raises:
        InputError: when the data cannot carry the attack.
    """
    folder.mkdir(parents=True)
    if trial.arm == HALF:
        _halve(base, trial, folder)
    if not trial.attack:
        if trial.arm != HALF:
            for number in range(len(base.starts) - 1):
                link(_shard(base.folder / "shards", number), _shard(folder, number))
        return Truth(np.zeros(0, np.int64))
    pool, random = pq.read_table(base.folder / "pool.parquet"), trial.random()
    planted = attack(trial.attack).plant(pool, base.roles, trial.count, random)
    rows, changed = base.pool[planted.rows], planted.table.take(pa.array(planted.rows))
    contributor = None
    if column := base.roles.contributors().get(trial.arm):
        changed, name = _of_one(column, trial.arm, changed, pool, random)
        contributor = (trial.arm, name)
    _replace(base, rows, changed, folder)
    return Truth(rows, planted.trigger, planted.target, contributor)


def link(old: str | Path, new: str | Path) -> None:
    """Give a file a second name, or copy it where the file system cannot."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)


def _batches(
    pieces: Sequence[TaskRef], schema: pa.Schema, store: StateStore
) -> Iterator[pa.RecordBatch]:
    for ref in pieces:
        for batch in read_batches(load_task(ref, store), store, None):
            yield view(batch, schema)


def _of_one(
    column: str, role: str, changed: pa.Table, pool: pa.Table, random: np.random.Generator
) -> tuple[pa.Table, str]:
    """Give all rows one source or annotator of those there are; return it as findings write it."""
    known = sorted(pc.unique(pool[column]).drop_null().to_pylist(), key=str)
    if not known:
        raise InputError(column, f"names no {role}", f"leave --{role} out")
    place = changed.column_names.index(column)
    field = changed.schema.field(place)
    one = pa.array([known[int(random.integers(len(known)))]], field.type)
    changed = changed.set_column(place, field, pa.repeat(one[0], changed.num_rows))
    return changed, str(as_text(one)[0])


def _replace(base: Base, rows: np.ndarray, changed: pa.Table, folder: Path) -> None:
    """Write every shard with its ``rows`` replaced by those of ``changed``, in order."""
    for number, (start, stop) in enumerate(zip(base.starts, base.starts[1:], strict=False)):
        old, new = _shard(base.folder / "shards", number), _shard(folder, number)
        if not np.any((rows >= start) & (rows < stop)):
            link(old, new)
            continue
        with pq.ParquetFile(old) as file, _like(file, new) as writer:
            row = start
            for batch in file.iter_batches(_BATCH_ROWS):
                low, high = np.searchsorted(rows, [row, row + batch.num_rows])
                take = np.arange(batch.num_rows)
                take[rows[low:high] - row] = batch.num_rows + np.arange(high - low)
                both = pa.concat_tables([pa.table(batch), changed.slice(low, high - low)])
                writer.write_table(both.take(pa.array(take)))
                row += batch.num_rows


def _halve(base: Base, trial: Trial, folder: Path) -> None:
    """Write a random half of every shard's rows; in data of one row, that row."""
    random = trial.random()
    for number in range(len(base.starts) - 1):
        old, new = _shard(base.folder / "shards", number), _shard(folder, number)
        with pq.ParquetFile(old) as file, _like(file, new) as writer:
            for batch in file.iter_batches(_BATCH_ROWS):
                writer.write_batch(batch.filter(pa.array(random.random(batch.num_rows) < 0.5)))


def _like(file: pq.ParquetFile, path: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, file.schema_arrow, compression="zstd")


def _shard(folder: Path, number: int) -> Path:
    return folder / f"{number:07d}.parquet"
