"""Clean and rejected records of a shard, written apart, and proven to be all of it.

A shard without rejected rows is copied byte for byte. Of any other, two Parquet files are
written and read back: the multiset of their records must be the one in the manifest. Each file
appears whole, so that two attempts at one shard, which an engine may make at once, do no harm.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provender.core.shard import ShardFailure, ShardRef
from provender.errors import IntegrityError, ProvenderError, StoreError
from provender.identity.multiset import Multiset
from provender.identity.records import record_digests
from provender.io.reader import read_span, schema_of, survey
from provender.io.remote import first_line
from provender.io.states import StateStore
from provender.io.storage import file_size, is_address, joined, local_path, open_raw, whole_file
from provender.work.analyse import failure_of, read_batches
from provender.work.failing import suspect_rows
from provender.work.fold import Block, Folded
from provender.work.mark import load_marks
from provender.work.task import SpanTask, TaskRef, load_task
from provender.work.wire import message, some_failures

#: A shard to split, as it travels: its pieces, the store names of its flagged and of its failing
#: rows ('' for none), and the digest of its records as a multiset.
QuarantineTask = tuple[tuple[TaskRef, ...], str, str, str]


@dataclass(frozen=True)
class Rejecting:
    """Which rows are rejected.

    Attributes:
        causes: (number of a detector, number of a cause of it) whose flagged rows are; -1 is none.
        places: places in the suite of the expectations whose failing rows are.
    """

    causes: tuple[tuple[int, int], ...]
    places: tuple[int, ...]


@message
@dataclass(frozen=True)
class Quarantined:
    """The outcome for some neighbouring shards; ``clean`` and ``rejected`` count records."""

    shard_index: int
    clean: int = 0
    rejected: int = 0
    failures: tuple[ShardFailure, ...] = ()


def quarantine(
    given: QuarantineTask, rejecting: Rejecting, folder: str, store: StateStore
) -> Quarantined:
    """Write the shard's records to folder/clean and folder/rejected, and check them.

    Args:
        folder: a path or fsspec address that every worker reaches.
    """
    refs, marks, failing, multiset = given
    tasks = [load_task(ref, store) for ref in refs]
    name, index = tasks[0].shard.ref.name, tasks[0].shard_index
    try:
        rejected = rejected_rows(marks, failing, rejecting, store)
        if not len(rejected):
            _copy(tasks, joined(folder, f"clean/{name}"))
            return Quarantined(index, sum(t.span.rows for t in tasks))
        return _split(tasks, rejected, multiset, folder, store)
    except ProvenderError as error:
        return Quarantined(index, failures=(failure_of(name, error),))
    except OSError as error:
        cause = f"cannot be written ({first_line(error)})"
        wrapped = StoreError(folder, cause, "free space or permissions there")
        return Quarantined(index, failures=(failure_of(name, wrapped),))


def rejected_rows(marks: str, failing: str, rejecting: Rejecting, store: StateStore) -> np.ndarray:
    """Return int64 rows of a shard that are rejected, ascending, each once."""
    found = [np.zeros(0, np.int64)]
    if marks:
        flags = load_marks(store, marks)
        wanted = np.array([_key(*pair) for pair in rejecting.causes], np.int64)
        of = _key(*(flags[name].to_numpy().astype(np.int64) for name in ("rule", "cause")))
        found.append(flags["row"].to_numpy()[np.isin(of, wanted)])
    if failing:
        found += [rows for p, rows in suspect_rows(failing, store) if p in rejecting.places]
    return np.unique(np.concatenate(found))


def _key(rule: Any, cause: Any) -> Any:
    return rule << 32 | cause + 1


def quarantine_size(given: QuarantineTask, store: StateStore) -> int:
    """Return the bytes of the shard."""
    return load_task(given[0][0], store).shard.ref.size


def add_quarantined(block: Block) -> Folded:
    """Add up what became of neighbouring shards."""
    group, number, parts = block
    total = Quarantined(
        parts[0].shard_index,
        sum(part.clean for part in parts),
        sum(part.rejected for part in parts),
        some_failures(f for part in parts for f in part.failures),
    )
    return ((group, number, total),)


def _copy(tasks: Sequence[SpanTask], place: str) -> None:
    shard = tasks[0].shard
    with (
        closing(open_raw(shard.ref.uri, shard.ref.name)) as source,
        whole_file(place) as draft,
        draft.open("wb") as target,
    ):
        shutil.copyfileobj(source, target, 2**20)
    with closing(open_raw(place, shard.ref.name)) as written:
        if hashlib.file_digest(cast(BufferedReader, written), "sha256").hexdigest() != shard.sha256:
            raise IntegrityError(
                shard.ref.name, "bytes changed while they were copied", "find out who writes to it"
            )


def _split(
    tasks: Sequence[SpanTask],
    rejected: np.ndarray,
    multiset: str,
    folder: str,
    store: StateStore,
) -> Quarantined:
    shard = tasks[0].shard
    name = shard.ref.name if shard.ref.format == "parquet" else f"{shard.ref.name}.parquet"
    # Partition columns stay in the folders' names, not in the files.
    own = [n for n in schema_of(shard).names if n not in dict(shard.ref.partition)]
    schema = pa.schema([schema_of(shard).field(n) for n in own])
    counts = {}
    for side, wanted in (("clean", False), ("rejected", True)):
        counts[side] = 0
        with (
            whole_file(joined(folder, f"{side}/{name}")) as draft,
            pq.ParquetWriter(draft, schema, compression="zstd") as writer,
        ):
            for batch in _rows(tasks, tuple(own), rejected, wanted, store):
                writer.write_batch(batch)
                counts[side] += batch.num_rows
    written = Multiset.empty()
    for side in counts:
        written = written + _multiset(shard.ref, joined(folder, f"{side}/{name}"))
    if written.digest() != multiset:
        raise IntegrityError(
            shard.ref.name, "clean and rejected records are not those of the shard", "run again"
        )
    return Quarantined(tasks[0].shard_index, counts["clean"], counts["rejected"])


def _rows(
    tasks: Sequence[SpanTask],
    columns: tuple[str, ...],
    rejected: np.ndarray,
    wanted: bool,
    store: StateStore,
) -> Iterator[pa.RecordBatch]:
    for piece in tasks:
        start = piece.span.first_row
        for batch in read_batches(piece, store, columns):
            rows = np.arange(start, start + batch.num_rows)
            yield batch.filter(pa.array(np.isin(rows, rejected) == wanted))
            start += batch.num_rows


def _multiset(ref: ShardRef, place: str) -> Multiset:
    """Return the sum of the records in a written file, read back as any other shard."""
    uri = place if is_address(place) else f"file://{local_path(place).absolute()}"
    written = ShardRef(ref.name, uri, file_size(place), "parquet", None, ref.partition)
    shard, chunks = survey(written)
    total = Multiset.empty()
    for span in shard.spans:
        for batch in read_span(shard, span, chunks):
            total = total + Multiset.of(record_digests(batch))
    return total
