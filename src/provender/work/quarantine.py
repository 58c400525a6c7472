"""Clean and rejected records of a shard, written apart, and proven to be all of it.

A shard without rejected rows is copied byte for byte. Of any other, two Parquet files are
written and read back: the multiset of their records must be the one in the manifest.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provender.core.shard import ShardFailure, ShardRef
from provender.errors import IntegrityError, ProvenderError, StoreError
from provender.identity.analysis import record_digests
from provender.identity.multiset import Multiset
from provender.io.reader import read_span, schema_of, survey
from provender.io.states import StateStore
from provender.io.storage import open_raw
from provender.work.analyse import failure_of, read_batches
from provender.work.task import SpanTask


@dataclass(frozen=True)
class QuarantineTask:
    """One shard to split.

    Attributes:
        tasks: its pieces in order.
        rejected: row numbers in the shard, ascending.
        multiset: what the manifest says of its records.
    """

    tasks: tuple[SpanTask, ...]
    rejected: tuple[int, ...]
    multiset: str


@dataclass(frozen=True)
class Quarantined:
    """The outcome for one shard; ``clean`` and ``rejected`` count records."""

    name: str
    clean: int = 0
    rejected: int = 0
    failure: ShardFailure | None = None


def quarantine(task: QuarantineTask, folder: str, store: StateStore) -> Quarantined:
    """Write the shard's records to folder/clean and folder/rejected, and check them."""
    name = task.tasks[0].shard.ref.name
    try:
        if not task.rejected:
            _copy(task, Path(folder) / "clean" / name)
            return Quarantined(name, clean=sum(t.span.rows for t in task.tasks))
        return _split(task, Path(folder), store)
    except ProvenderError as error:
        return Quarantined(name, failure=failure_of(name, error))
    except OSError as error:
        wrapped = StoreError(folder, f"cannot be written ({error.strerror})", "free space there")
        return Quarantined(name, failure=failure_of(name, wrapped))


def _copy(task: QuarantineTask, place: Path) -> None:
    shard = task.tasks[0].shard
    place.parent.mkdir(parents=True, exist_ok=True)
    with closing(open_raw(shard.ref.uri, shard.ref.name)) as source, place.open("wb") as target:
        shutil.copyfileobj(source, target, 2**20)
    with place.open("rb") as written:
        if hashlib.file_digest(written, "sha256").hexdigest() != shard.sha256:
            raise IntegrityError(
                shard.ref.name, "bytes changed while they were copied", "find out who writes to it"
            )


def _split(task: QuarantineTask, folder: Path, store: StateStore) -> Quarantined:
    shard = task.tasks[0].shard
    name = shard.ref.name if shard.ref.format == "parquet" else f"{shard.ref.name}.parquet"
    # Partition columns stay in the folders' names, not in the files.
    own = [n for n in schema_of(shard).names if n not in dict(shard.ref.partition)]
    schema = pa.schema([schema_of(shard).field(n) for n in own])
    rejected = np.array(task.rejected, np.int64)
    counts = {}
    for side, wanted in (("clean", False), ("rejected", True)):
        place = folder / side / name
        place.parent.mkdir(parents=True, exist_ok=True)
        counts[side] = 0
        with pq.ParquetWriter(place, schema, compression="zstd") as writer:
            for batch in _rows(task, tuple(own), rejected, wanted, store):
                writer.write_batch(batch)
                counts[side] += batch.num_rows
    written = Multiset.empty()
    for side in counts:
        written = written + _multiset(shard.ref, folder / side / name)
    if written.digest() != task.multiset:
        raise IntegrityError(
            shard.ref.name, "clean and rejected records are not those of the shard", "run again"
        )
    return Quarantined(shard.ref.name, counts["clean"], counts["rejected"])


def _rows(
    task: QuarantineTask,
    columns: tuple[str, ...],
    rejected: np.ndarray,
    wanted: bool,
    store: StateStore,
) -> Iterator[pa.RecordBatch]:
    for piece in task.tasks:
        start = piece.span.first_row
        for batch in read_batches(piece, store, columns):
            rows = np.arange(start, start + batch.num_rows)
            yield batch.filter(pa.array(np.isin(rows, rejected) == wanted))
            start += batch.num_rows


def _multiset(ref: ShardRef, path: Path) -> Multiset:
    """Return the sum of the records in a written file, read back as any other shard."""
    written = ShardRef(ref.name, path.as_uri(), path.stat().st_size, "parquet", None, ref.partition)
    shard, chunks = survey(written)
    total = Multiset.empty()
    for span in shard.spans:
        for batch in read_span(shard, span, chunks):
            total = total + Multiset.of(record_digests(batch))
    return total
